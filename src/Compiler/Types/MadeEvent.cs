namespace Ktap.Compiler.Types;

/// <summary>
/// An event that <c>perf probe</c> or somebody else made in tracefs, as <c>dynamic_events</c> defines it (Documentation/trace/kprobetrace.rst): <c>p:probe/read vfs_read count=%dx</c>.
/// </summary>
/// <param name="Kind">What it is made of: 'p' a place in code, 'r' a function's return, other letters other things.</param>
/// <param name="Group">Its group.</param>
/// <param name="Name">Its name.</param>
/// <param name="Place">Where it is: <c>vfs_read+0x10</c>, <c>/usr/bin/x:0x1234</c>.</param>
/// <param name="Arguments">Its fetch arguments.</param>
public sealed record MadeEvent(char Kind, string Group, string Name, string Place, string Arguments)
{
    /// <summary>Whether it is in code of user space.</summary>
    public bool IsUser => Place.Contains('/');

    /// <summary>Reads a line of <c>dynamic_events</c>; null for one that is none.</summary>
    public static MadeEvent? Parse(string line)
    {
        var words = line.Trim().Split([' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || words[0].IndexOf(':') is not (> 0 and var colon) || words[0].IndexOf('/') is not (> 0 and var slash) || slash < colon) return null;
        return new MadeEvent(words[0][0], words[0][(colon + 1)..slash], words[0][(slash + 1)..], words[1], words.Length > 2 ? words[2] : "");
    }
}

namespace Ktap.Compiler.Probes;

/// <summary>
/// A spec of something in user space, taken apart: <c>probe:FILE:WHERE</c>. <paramref name="Where"/> is what stands behind the file, with
/// <c>%return</c> (or <c>uretprobe:</c>) taken off; empty where nothing does.
/// </summary>
internal sealed record UserSpec(string Kind, string File, string Where, bool IsReturn)
{
    private const string Return = "%return";

    /// <summary>Takes a spec apart; null where it has not the form.</summary>
    public static UserSpec? Parse(string text)
    {
        var first = text.IndexOf(':');
        if (first <= 0) return null;
        var (kind, rest) = (text[..first], text[(first + 1)..]);
        var second = rest.IndexOf(':');
        var (file, where) = second < 0 ? (rest, "") : (rest[..second], rest[(second + 1)..]);
        var isReturn = kind == "uretprobe";
        if (where.EndsWith(Return, StringComparison.Ordinal)) (where, isReturn) = (where[..^Return.Length], true);
        return new UserSpec(kind, file, where, isReturn);
    }
}

using System.Globalization;
using System.Text;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.Events;

/// <summary>
/// System calls as the kernel's trace file has them (kernel/trace/trace_syscalls.c): <c>sys_openat(dfd: ffffff9c, filename: 7ff…)</c>, the
/// registers in hexadecimal, and <c>sys_openat -> 0x3</c>.
/// </summary>
public sealed class SyscallText(Target target)
{
    private readonly Dictionary<long, string[]> _parameters = [];

    /// <summary>An entry: a word with the number, then six of arguments.</summary>
    public string Enter(ReadOnlySpan<byte> words)
    {
        var number = Word(words, 0);
        var text = new StringBuilder(Name(number)).Append('(');
        var parameters = Parameters(number);
        for (var i = 0; i < parameters.Length; i++)
        {
            if (i > 0) text.Append(", ");
            text.Append(parameters[i]).Append(": ").Append(Hex(Word(words, i + 1)));
        }
        return text.Append(')').ToString();
    }

    /// <summary>A return: a word with the number, then the result.</summary>
    public string Exit(ReadOnlySpan<byte> words) => $"{Name(Word(words, 0))} -> 0x{Hex(Word(words, 1))}";

    private string Name(long number) => "sys_" + (target.Syscalls.GetValueOrDefault((int)number) ?? number.ToString(CultureInfo.InvariantCulture));

    private string[] Parameters(long number)
    {
        if (_parameters.TryGetValue(number, out var names)) return names;
        var format = target.Syscalls.TryGetValue((int)number, out var name) ? target.Format("syscalls", "sys_enter_" + name) : null;
        names = format is null ? [] : [.. format.Fields.Where(f => !f.IsCommon && f.Name != "__syscall_nr").Select(f => f.Name)];
        _parameters.Add(number, names);
        return names;
    }

    private static string Hex(long value) => value.ToString("x", CultureInfo.InvariantCulture);

    private static long Word(ReadOnlySpan<byte> words, int index) => BitConverter.ToInt64(words[(index * 8)..]);
}

using System.Text;

namespace Ktap.Compiler.Tests.Fuzz;

/// <summary>Inputs that are almost scripts: the scripts of the repository, changed; pieces of the language in any order; bytes.</summary>
public static class Corpus
{
    private static readonly string[] Pieces =
    [
        "(", ")", "[", "]", "{", "}", "<", ">", "/", "\"", "'", "[[", "]]", "`", "#", "\n", " ", ",", ";", ":", ".", "..", "=", "==", "~", "<<<", ">>=", "?",
        "++", "--", "trace ", "trace_end ", "tick-5s ", "profile-97hz ", "function ", "if ", "else ", "for ", "in ", "while ", "do ", "repeat ", "until ",
        "return ", "var ", "kdebug.probe(", "timer.s(", "inplace_inc(", "a:b ", "probe:f x=%di ", "/x == y*/", "mutex*", "0x", "99999999999999999999",
        "\\", "\0", "\x80", "é", "@", "$", "not ", "and ", "nil ",
        "x", "t", "f", "1", "-1", "x = ", "t[x]", "f(x)", "pairs(t)", "sort_pairs(t)", "print(", "printf(\"%d %s\\n\", ", "count()", "avg(x)", "stack()", "execname", "arg1",
        "trace sched:sched_switch { ", "trace syscalls:sys_* ", "next_comm", "cast(\"struct task_struct\", ", "break ", "continue ", "delete(t)", "true ", "or ",
    ];

    /// <summary>Every script of the repository: samples, golden tests, those that the project began with, what tests found.</summary>
    public static IReadOnlyList<byte[]> Scripts { get; } =
    [
        .. new[] { "samples", "tests" }.SelectMany(f => Directory.GetFiles(Path.Combine(Repository.Root, f), "*.kp", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
    ];

    /// <summary>One input.</summary>
    public static byte[] Next(Random random) => random.Next(10) switch
    {
        0 => Bytes(random),
        1 => Words(random),
        < 6 => Mutated(random, Part(random, Scripts)),
        _ => Mutated(random, Scripts[random.Next(Scripts.Count)]),
    };

    /// <summary>A part of one of some scripts, of at most 300 bytes, changed in a few places.</summary>
    public static byte[] Mutated(Random random, IReadOnlyList<byte[]> scripts) => Mutated(random, Part(random, scripts), scripts);

    private static byte[] Mutated(Random random, byte[] script) => Mutated(random, script, Scripts);

    private static byte[] Mutated(Random random, byte[] script, IReadOnlyList<byte[]> others)
    {
        List<byte> bytes = [.. script];
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 8), bytes.Count - at);
            switch (random.Next(9))
            {
                case 0: bytes.RemoveRange(at, length); break;
                case 1: bytes.InsertRange(at, Encoding.Latin1.GetBytes(Pieces[random.Next(Pieces.Length)])); break;
                case 2: bytes.InsertRange(at, Part(random, others)); break;
                case 3: bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length)); break;
                case 4 when length > 0: bytes[at] = (byte)random.Next(256); break;
                default: Exchange(random, bytes); break;
            }
        }
        return [.. bytes];
    }

    // A word, number or sign in the place of another of its kind: what comes out often parses.
    private static void Exchange(Random random, List<byte> bytes)
    {
        if (bytes.Count == 0) return;
        var (to, from) = (Token(random.Next(bytes.Count)), Token(random.Next(bytes.Count)));
        if (Kind(bytes[to.At]) != Kind(bytes[from.At]) || Kind(bytes[to.At]) == 0) return;
        var token = bytes.GetRange(from.At, from.Length);
        bytes.RemoveRange(to.At, to.Length);
        bytes.InsertRange(to.At, token);

        (int At, int Length) Token(int at)
        {
            var (start, end) = (at, at + 1);
            while (start > 0 && Kind(bytes[start - 1]) == Kind(bytes[at])) start--;
            while (end < bytes.Count && Kind(bytes[end]) == Kind(bytes[at])) end++;
            return (start, end - start);
        }

        static int Kind(byte b) => char.IsAsciiLetterOrDigit((char)b) || b == '_' ? 1 : "+-*/%&|^<>=!~"u8.Contains(b) ? 2 : 0;
    }

    private static byte[] Part(Random random, IReadOnlyList<byte[]> scripts)
    {
        var script = scripts[random.Next(scripts.Count)];
        var start = random.Next(script.Length + 1);
        return script.AsSpan(start, Math.Min(random.Next(300), script.Length - start)).ToArray();
    }

    private static byte[] Words(Random random) =>
        Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => Pieces[random.Next(Pieces.Length)] + (random.Next(3) == 0 ? " " : ""))));

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }
}

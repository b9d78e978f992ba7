using System.Globalization;

namespace Ktap.Runtime.Symbols;

/// <summary>The functions that a just-in-time compiler wrote down for profilers in <c>/tmp/perf-PID.map</c>: lines <c>START SIZE NAME</c>, numbers in hexadecimal.</summary>
public static class PerfMap
{
    /// <summary>Reads the file; lines of another form are passed over. Of two functions at one address the later one is there now.</summary>
    public static FunctionTable Parse(ReadOnlySpan<byte> file)
    {
        var functions = new List<FunctionSymbol>();
        byte[] text = [.. file, 0];
        foreach (var range in file.Split((byte)'\n'))
        {
            var (at, _) = range.GetOffsetAndLength(file.Length);
            var line = file[range];
            if (!Hex(line, out var start, out var used) || !Hex(line[used..], out var size, out var more) || used + more == line.Length) continue;
            text[at + line.Length] = 0;
            functions.Add(new FunctionSymbol(start, size, at + used + more, functions.Count));
        }
        return new FunctionTable(functions, text);
    }

    // A number, with the 0x that some compilers write, and the space behind it.
    private static bool Hex(ReadOnlySpan<byte> line, out ulong value, out int used)
    {
        used = line.IndexOf((byte)' ') + 1;
        value = 0;
        if (used == 0) return false;
        var digits = line[..(used - 1)];
        if (digits.StartsWith("0x"u8)) digits = digits[2..];
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}

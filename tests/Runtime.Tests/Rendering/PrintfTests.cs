using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Rendering;
using static Ktap.Runtime.Tests.Rendering.Rendered;

namespace Ktap.Runtime.Tests.Rendering;

public unsafe partial class PrintfTests
{
    private static readonly Printf Printf = new(Values);

    private static string Format(string format, params Value[] arguments) => By(o => Printf.Write(o, new KString(format), arguments));

    private static Value Int(long value) => Value.Int(value);

    [LibraryImport("libc", EntryPoint = "snprintf")]
    private static partial int Snprintf(byte* buffer, nuint size, byte* format, long first, long second, long third);

    // Variadic arguments that are integers or pointers go where fixed ones go on x86-64 and arm64 Linux.
    private static string Libc(string format, long first, long second, long third)
    {
        var buffer = new byte[4096];
        fixed (byte* start = buffer)
        fixed (byte* text = Encoding.Latin1.GetBytes(format + "\0"))
        {
            var length = Snprintf(start, (nuint)buffer.Length, text, first, second, third);
            Assert.InRange(length, 0, buffer.Length - 1);
            return Encoding.Latin1.GetString(buffer, 0, length);
        }
    }

    [Fact]
    public void IntegersAreWhatLibcMakesOfThem()
    {
        var random = new Random(20130521);
        long[] special = [0, 1, -1, 7, 8, 9, 10, 255, 4096, long.MaxValue, long.MinValue, int.MinValue, 587779];
        for (var i = 0; i < 20_000; i++)
        {
            var spec = RandomFlags(random);
            var arguments = new List<long>();
            spec += RandomField(random, arguments);
            if (random.Next(2) == 0) spec += "." + RandomField(random, arguments);
            var kind = "diuxXop"[random.Next(7)];
            arguments.Add(random.Next(2) == 0 ? special[random.Next(special.Length)] : random.NextInt64() >> random.Next(64));
            var expected = LibcOf($"<%{spec}{(kind == 'p' ? "" : "ll")}{kind}>", arguments);
            Assert.Equal(expected, Format($"<%{spec}{(random.Next(2) == 0 ? "" : "ll")}{kind}>", [.. arguments.Select(Int)]));
        }
    }

    [Fact]
    public void StringsAndBytesAreWhatLibcMakesOfThem()
    {
        var random = new Random(3);
        string[] strings = ["", "a", "hello", "a longer string that no width here reaches", "caf\u00e9"];
        for (var i = 0; i < 5_000; i++)
        {
            var spec = RandomFlags(random);
            var arguments = new List<long>();
            spec += RandomField(random, arguments);
            if (random.Next(2) == 0) spec += "." + RandomField(random, arguments);
            if (random.Next(2) == 0)
            {
                var value = random.Next(256);
                Assert.Equal(LibcOf($"[%{spec}c]", [.. arguments, value]), Format($"[%{spec}c]", [.. arguments.Select(Int), Int(value)]));
                continue;
            }
            var text = strings[random.Next(strings.Length)];
            fixed (byte* bytes = Encoding.UTF8.GetBytes(text + "\0"))
                Assert.Equal(LibcOf($"[%{spec}s]", [.. arguments, (long)bytes]), Format($"[%{spec}s]", [.. arguments.Select(Int), Str(text)]));
        }
    }

    private static string LibcOf(string format, List<long> arguments)
    {
        while (arguments.Count < 3) arguments = [.. arguments, 0];
        return Libc(format, arguments[0], arguments[1], arguments[2]);
    }

    private static string RandomFlags(Random random)
    {
        var flags = "";
        foreach (var flag in "-+ #0")
            if (random.Next(3) == 0) flags += flag;
        return flags;
    }

    private static string RandomField(Random random, List<long> arguments)
    {
        switch (random.Next(4))
        {
            case 0:
                return "";
            case 1:
                arguments.Add(random.Next(-30, 30));
                return "*";
            default:
                return random.Next(1, 30).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public void EveryValueGoesIntoAString()
    {
        Assert.Equal("100%: true, vfs_read+0x4 -1", Format("100%%: %s, %s %s", Value.True, Value.Int(unchecked((long)0xffffffff81000004), IntFormat.Kernel), Int(-1)));
        Assert.Equal("[   { [a] = 1 }][{ [a]]", Format("[%14s][%.5s]", Value.Table(TableOf((Str("a"), Int(1)))), Value.Table(TableOf((Str("a"), Int(1))))));
    }

    [Fact]
    public void NilIsNilEverywhere() =>
        Assert.Equal("nil nil|  nil|nil  |nil nil|  nil", Format("%d %x|%5d|%-5s|%c %p|%05u", [.. Enumerable.Repeat(Value.Nil, 7)]));

    [Fact]
    public void LengthsMeanNothing() => Assert.Equal("-1 ffffffffffffffff 7", Format("%hhd %lx %zu", Int(-1), Int(-1), Int(7)));

    [Fact]
    public void ArgumentsTooManyAreIgnored() => Assert.Equal("1\n", Format("%d\n", Int(1), Int(2)));

    [Theory]
    [InlineData("%d", "printf: argument 2 for %d is a string, not an integer", "%s prints every value")]
    [InlineData("%s %i", "printf: the format wants 2 arguments, there is 1", null)]
    [InlineData("%*d", "printf: the format wants 2 arguments, there is 1", null)]
    [InlineData("%y", "printf: unknown conversion '%y' in the format", "conversions are %d %i %u %x %X %o %c %s %p and %%")]
    [InlineData("%5.2lf", "printf: unknown conversion '%5.2lf' in the format", "conversions are %d %i %u %x %X %o %c %s %p and %%")]
    [InlineData("half %-5l", "printf: the format ends inside '%-5l'", "conversions are %d %i %u %x %X %o %c %s %p and %%")]
    [InlineData("%2000000s", "printf: a field of more than 1000000 bytes in the format", "conversions are %d %i %u %x %X %o %c %s %p and %%")]
    public void MistakesAreSaidBeforeAnythingIsWritten(string format, string message, string? hint)
    {
        var output = OutputBuffer.InMemory();
        var error = Assert.Throws<BuiltinException>(() => Printf.Write(output, new KString("text " + format), [Str("x")]));
        Assert.Equal((message, hint), (error.Message, error.Hint));
        Assert.Equal(0, output.Written.Length);
    }

    [Fact]
    public void AWidthIsANumberOfReasonableSize()
    {
        Assert.Equal("printf: argument 2 for '*' is nil, not an integer", Assert.Throws<BuiltinException>(() => Format("%*d", Value.Nil, Int(1))).Message);
        Assert.Equal("printf: argument 2 for '*' is 99999999, not a smaller number", Assert.Throws<BuiltinException>(() => Format("%*d", Int(99999999), Int(1))).Message);
        Assert.Equal("printf: argument 2 for '*' is -9223372036854775808, not a smaller number", Assert.Throws<BuiltinException>(() => Format("%*d", Int(long.MinValue), Int(1))).Message);
        Assert.Equal("printf: argument 3 for %x is a boolean, not an integer", Assert.Throws<BuiltinException>(() => Format("%d %x", Int(1), Value.True)).Message);
    }

    [Fact]
    public void OnATerminalTheFormatIsRawAndItsArgumentsAreEscaped()
    {
        Assert.Equal("\r\x1b[1m\\x1b[2J|  \\x07|\\x1b\n|\\x9b", By(
            o => Printf.Write(o, new KString("\r\x1b[1m%s|%6s|%c%c|%c"), [Str("\x1b[2J"), Str("\a"), Int(27), Int(10), Int(0x9b)]), StringEscaping.Terminal));
    }

    [Fact]
    public void NothingIsAllocatedByACall()
    {
        var format = new KString("%-16s %6d %#x %c\n");
        Value[] arguments = [Str("bash"), Int(42), Int(-1), Int('x')];
        var output = OutputBuffer.InMemory();
        void Call()
        {
            output.Clear();
            Printf.Write(output, format, arguments);
        }
        for (var i = 0; i < 100; i++) Call();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Call();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}

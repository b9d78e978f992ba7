using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Runtime.Rendering;
using Microsoft.Win32.SafeHandles;

namespace Ktap.Runtime.Tests.Rendering;

public unsafe partial class OutputBufferTests
{
    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int fd, byte* bytes, nuint count);

    [Fact]
    public void NothingIsWrittenBeforeTheBufferIsFullOrFlushed()
    {
        using var file = new TemporaryFile();
        var output = new OutputBuffer(file.Handle);
        output.Write("hello "u8);
        output.Write(-42);
        output.Write((byte)' ');
        output.Write(255UL, "x");
        output.Write(" é");
        output.Fill((byte)'!', 3);
        Assert.Equal("", file.Text);
        output.Flush();
        Assert.Equal("hello -42 ff é!!!", file.Text);
        output.Flush();
        Assert.Equal("hello -42 ff é!!!", file.Text);
        for (var i = 0; i < 65_537; i++) output.Write((byte)'x');
        Assert.Equal(17 + 65_536, file.Text.Length);
    }

    [Fact]
    public void PiecesOfEverySizeArriveInOrder()
    {
        using var file = new TemporaryFile();
        var output = new OutputBuffer(file.Handle);
        var expected = new StringBuilder();
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var piece = new string((char)('a' + i % 26), random.Next(i % 10 == 0 ? 200_000 : 3000));
            expected.Append(piece);
            if (i % 2 == 0) output.Write(piece);
            else output.Write(Encoding.UTF8.GetBytes(piece));
        }
        output.Flush();
        Assert.Equal(expected.ToString(), file.Text);
    }

    [Fact]
    public void AFileThatAnotherWriterSharesIsNotOverwritten()
    {
        using var file = new TemporaryFile();
        var output = new OutputBuffer(file.Handle);
        output.Write("first\n"u8);
        output.Flush();
        // As a traced command does that inherited the descriptor, and with it the file's offset.
        fixed (byte* second = "second\n"u8) Assert.Equal(7, Write((int)file.Handle.DangerousGetHandle(), second, 7));
        output.Write("third\n"u8);
        output.Flush();
        Assert.Equal("first\nsecond\nthird\n", file.Text);
    }

    [Fact]
    public void AReaderThatHasGoneEndsItQuietly()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var handle = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), false);
        var output = new OutputBuffer(handle);
        output.Write("x"u8);
        using (var reader = new AnonymousPipeClientStream(PipeDirection.In, pipe.GetClientHandleAsString())) { }
        pipe.DisposeLocalCopyOfClientHandle();
        Assert.False(output.IsClosed);
        output.Flush();
        Assert.True(output.IsClosed);
        output.Fill((byte)'x', 200_000);
        output.Flush();
    }

    [Fact]
    public void ADiskThatIsFullIsReportedOnce()
    {
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        var output = new OutputBuffer(full);
        output.Write("x"u8);
        var refusal = Assert.Throws<KtapException>(output.Flush);
        Assert.Equal(("write the output: No space left on device", 28), (refusal.Operation, refusal.Errno));
        Assert.True(output.IsClosed);
        output.Write("y"u8);
        output.Flush();
    }

    [Theory]
    [InlineData("plain text ~ \\ é 漢 😀", "plain text ~ \\ é 漢 😀", "plain text ~ \\ é 漢 😀")]
    [InlineData("a\tb\nc\rd", "a\tb\nc\\rd", "a\\tb\\nc\\rd")]
    [InlineData("\x1b[31mred\x7f\0", "\\x1b[31mred\\x7f\\x00", "\\x1b[31mred\\x7f\\x00")]
    [InlineData("\u009b2J\u00a0", "\\xc2\\x9b2J\u00a0", "\\xc2\\x9b2J\u00a0")]
    public void StringsAreEscapedForATerminal(string text, string terminal, string oneLine)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(bytes, Escaped(bytes, StringEscaping.None));
        Assert.Equal(terminal, Encoding.UTF8.GetString(Escaped(bytes, StringEscaping.Terminal)));
        Assert.Equal(oneLine, Encoding.UTF8.GetString(Escaped(bytes, StringEscaping.TerminalOneLine)));
    }

    [Fact]
    public void WhatIsNotUtf8IsEscapedByteByByte() =>
        Assert.Equal("\\xffa\\xc3(\\xe2\\x82\\xed\\xa0\\x80z", Encoding.UTF8.GetString(Escaped(
            [0xff, (byte)'a', 0xc3, (byte)'(', 0xe2, 0x82, 0xed, 0xa0, 0x80, (byte)'z'], StringEscaping.Terminal)));

    private static byte[] Escaped(byte[] bytes, StringEscaping escaping)
    {
        var output = OutputBuffer.InMemory(escaping);
        output.WriteText(bytes);
        return output.Written.ToArray();
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile() => Handle = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "ktap-test-" + Guid.NewGuid().ToString("N"));

        public SafeFileHandle Handle { get; }

        public string Text
        {
            get
            {
                using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var reader = new StreamReader(stream, Encoding.UTF8);
                return reader.ReadToEnd();
            }
        }

        public void Dispose()
        {
            Handle.Dispose();
            File.Delete(Path);
        }
    }
}

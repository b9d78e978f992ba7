using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// Where output goes: 64 KB of bytes before a file descriptor, or memory that grows. Nothing is written before the buffer is full
/// or <see cref="Flush"/> is called. Not for several threads at once.
/// </summary>
public sealed class OutputBuffer
{
    private const int Capacity = 64 * 1024;

    private readonly SafeFileHandle? _file;
    private byte[] _bytes;
    private int _length;

    private OutputBuffer(SafeFileHandle? file, StringEscaping escaping, int capacity)
    {
        _file = file;
        Escaping = escaping;
        // Not zeroed: what is never written to is no memory.
        _bytes = GC.AllocateUninitializedArray<byte>(capacity);
    }

    /// <summary>Output to an open file, pipe or terminal, which stays the caller's to close.</summary>
    public OutputBuffer(SafeFileHandle file, StringEscaping escaping = StringEscaping.None) : this(file, escaping, Capacity) { }

    /// <summary>Output that stays in memory: see <see cref="Written"/>.</summary>
    public static OutputBuffer InMemory(StringEscaping escaping = StringEscaping.None) => new(null, escaping, 256);

    /// <summary>Whether a descriptor is a terminal: 1 for standard output, 2 for standard error.</summary>
    public static bool IsTerminal(int descriptor) => Libc.IsATty(descriptor) == 1;

    /// <summary>What is done to strings (<see cref="WriteText"/>).</summary>
    public StringEscaping Escaping { get; set; }

    /// <summary>Whether the reader has gone (EPIPE) or writing failed: from then on output is dropped.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>What is buffered and not yet written; in memory, everything since <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Forgets what is buffered.</summary>
    public void Clear() => _length = 0;

    /// <summary>At least <paramref name="size"/> (at most 64 KB) bytes of room; say with <see cref="Advance"/> how many were filled.</summary>
    public Span<byte> GetSpan(int size)
    {
        if (_bytes.Length - _length < size) MakeRoom(size);
        return _bytes.AsSpan(_length);
    }

    /// <summary>Takes so many bytes of the last <see cref="GetSpan"/> as written.</summary>
    public void Advance(int count) => _length += count;

    /// <summary>Writes one byte.</summary>
    public void Write(byte value)
    {
        if (_length == _bytes.Length) MakeRoom(1);
        _bytes[_length++] = value;
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= _bytes.Length - _length)
        {
            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
            return;
        }
        if (_file is null)
        {
            MakeRoom(bytes.Length);
            Write(bytes);
            return;
        }
        Flush();
        if (bytes.Length < _bytes.Length) Write(bytes);
        else WriteOut(bytes);
    }

    /// <summary>Writes a number or another value that formats itself as UTF-8, in at most 256 bytes.</summary>
    public void Write<T>(T value, ReadOnlySpan<char> format = default) where T : IUtf8SpanFormattable
    {
        if (!value.TryFormat(GetSpan(256), out var written, format, null))
            throw new InvalidOperationException("a value that formats itself in more than 256 bytes");
        _length += written;
    }

    /// <summary>Writes text as UTF-8.</summary>
    public void Write(string text)
    {
        if (text.Length <= 4096) Advance(Encoding.UTF8.GetBytes(text, GetSpan(text.Length * 3)));
        else Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Writes one byte so many times.</summary>
    public void Fill(byte value, int count)
    {
        while (count > 0)
        {
            var part = Math.Min(count, 4096);
            GetSpan(part)[..part].Fill(value);
            _length += part;
            count -= part;
        }
    }

    /// <summary>Writes the bytes of a string value, escaped as <see cref="Escaping"/> says.</summary>
    public void WriteText(ReadOnlySpan<byte> text)
    {
        if (Escaping == StringEscaping.None)
        {
            Write(text);
            return;
        }
        var oneLine = Escaping == StringEscaping.TerminalOneLine;
        while (true)
        {
            var plain = TerminalText.PlainLength(text);
            Write(text[..plain]);
            text = text[plain..];
            if (text.IsEmpty) return;
            var length = TerminalText.Next(text, oneLine, out var isPlain);
            if (isPlain) Write(text[..length]);
            else foreach (var value in text[..length]) Advance(TerminalText.Escape(value, GetSpan(4)));
            text = text[length..];
        }
    }

    /// <summary>Writes everything out. Throws <see cref="KtapException"/> where the system refuses; a reader that has gone is no error.</summary>
    public void Flush()
    {
        if (_file is null || _length == 0) return;
        var length = _length;
        _length = 0;
        WriteOut(_bytes.AsSpan(0, length));
    }

    private void MakeRoom(int size)
    {
        if (_file is not null && size <= _bytes.Length) Flush();
        else Array.Resize(ref _bytes, checked((int)Math.Max((uint)_bytes.Length * 2, (uint)(_length + size))));
    }

    // write(2), not pwrite(2) as FileStream has it: a traced command that shares the file moves its offset too.
    private unsafe void WriteOut(ReadOnlySpan<byte> bytes)
    {
        var added = false;
        _file!.DangerousAddRef(ref added);
        try
        {
            fixed (byte* start = bytes)
                for (var done = 0; done < bytes.Length && !IsClosed;)
                {
                    var count = Libc.Write((int)_file.DangerousGetHandle(), start + done, (nuint)(bytes.Length - done));
                    if (count >= 0) done += (int)count;
                    else AfterError(Marshal.GetLastPInvokeError());
                }
        }
        finally
        {
            _file.DangerousRelease();
        }
    }

    private unsafe void AfterError(int errno)
    {
        if (errno == Libc.EIntr) return;
        if (errno == Libc.EAgain)
        {
            // A terminal or pipe that another process made non-blocking: wait until it takes more.
            var poll = new Libc.PollFd { Fd = (int)_file!.DangerousGetHandle(), Events = Libc.PollOut };
            _ = Libc.Poll(&poll, 1, -1);
            return;
        }
        IsClosed = true;
        if (errno != Libc.EPipe) throw new KtapException($"write the output: {Marshal.GetPInvokeErrorMessage(errno)}", errno, null);
    }
}

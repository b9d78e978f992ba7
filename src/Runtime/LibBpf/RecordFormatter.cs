using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.LibBpf;

/// <summary>
/// Turns records of tracepoints into the text that the kernel's trace file has after <c>event_name: </c>, by libtraceevent. Events
/// are added once each, with their format. Not for several threads at a time.
/// </summary>
public sealed unsafe class RecordFormatter : IDisposable
{
    private readonly nint _tep;
    private readonly Dictionary<int, int> _typeOffsets = [];
    private readonly Func<ulong, FunctionPlace?>? _symbols;
    private readonly Dictionary<ulong, nint> _names = [];
    private readonly GCHandle _self;
    private readonly LibTraceEvent.Sequence* _text;
    private readonly bool _bigEndian;
    private bool _resolved;

    // Offsets and lengths inside a record have 16 bits: in this much memory none of them can point outside.
    private readonly byte[] _record = new byte[2 << 16];

    /// <summary>Makes one for records of a machine with that word size (in bytes) and byte order; <paramref name="symbols"/> names kernel addresses (<c>%pS</c>).</summary>
    public RecordFormatter(int wordSize, bool bigEndian, Func<ulong, FunctionPlace?>? symbols = null)
    {
        _bigEndian = bigEndian;
        _tep = LibTraceEvent.Allocate();
        if (_tep == 0) throw new OutOfMemoryException();
        // Its warnings about formats go to standard error otherwise; a format it can't read is told by an error already.
        LibTraceEvent.SetLogLevel(0);
        LibTraceEvent.SetLongSize(_tep, wordSize);
        LibTraceEvent.SetFileBigEndian(_tep, bigEndian ? 1 : 0);
        LibTraceEvent.SetLocalBigEndian(_tep, BitConverter.IsLittleEndian ? 0 : 1);
        LibTraceEvent.SetPageSize(_tep, Libc.PageSize());
        _text = (LibTraceEvent.Sequence*)NativeMemory.AllocZeroed((nuint)sizeof(LibTraceEvent.Sequence));
        LibTraceEvent.SequenceInit(_text);
        _symbols = symbols;
        _self = GCHandle.Alloc(this);
        if (symbols is not null) _ = LibTraceEvent.SetFunctionResolver(_tep, &Resolve, GCHandle.ToIntPtr(_self));
    }

    /// <summary>Adds an event; throws where libtraceevent can't read its format.</summary>
    public void Add(TracepointFormat format)
    {
        if (!_typeOffsets.TryAdd(format.Id, format.Field("common_type")!.Offset)) return;
        int error;
        fixed (byte* text = format.Text.AsSpan(), group = Encoding.UTF8.GetBytes(format.Group + "\0"))
            error = LibTraceEvent.ParseEvent(_tep, text, (nuint)format.Text.Length, group);
        if (error == 0) return;
        var message = stackalloc byte[256];
        _ = LibTraceEvent.ErrorText(_tep, error, message, 256);
        throw new KtapException(
            $"read the format of {format.Group}:{format.Name}: {Marshal.PtrToStringUTF8((nint)message)}", 0, "use the event's fields instead of argstr");
    }

    /// <summary>Tells the text of formats that the kernel keeps by address (tracefs <c>printk_formats</c>), which <c>%s</c> of constant strings needs.</summary>
    public void AddPrintkFormats(ReadOnlySpan<byte> file)
    {
        var text = new byte[file.Length + 1];
        file.CopyTo(text);
        fixed (byte* at = text) _ = LibTraceEvent.ParsePrintkFormats(_tep, at);
    }

    /// <summary>
    /// The text of a record of an added event, without a newline; valid until the next call. The record's common_type may be
    /// anything: programs attached through perf see other bytes there.
    /// </summary>
    public ReadOnlySpan<byte> Format(int eventId, ReadOnlySpan<byte> record)
    {
        record.CopyTo(_record);
        var type = _record.AsSpan(_typeOffsets[eventId]);
        if (_bigEndian) BinaryPrimitives.WriteUInt16BigEndian(type, (ushort)eventId);
        else BinaryPrimitives.WriteUInt16LittleEndian(type, (ushort)eventId);
        fixed (byte* data = _record, format = "%s\0"u8, what = "INFO\0"u8)
        {
            var described = new LibTraceEvent.Record { Size = record.Length, RecordSize = record.Length, Data = data };
            LibTraceEvent.SequenceReset(_text);
            _resolved = false;
            LibTraceEvent.PrintEvent(_tep, _text, &described, format, what);
        }
        // trace_seq doesn't grow the text by its final zero.
        var text = new Span<byte>(_text->Buffer, (int)_text->Length);
        return _resolved ? text[..WithSizes(text)] : text;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_self.IsAllocated) return;
        LibTraceEvent.SequenceDestroy(_text);
        NativeMemory.Free(_text);
        LibTraceEvent.Free(_tep);
        foreach (var name in _names.Values) NativeMemory.Free((void*)name);
        _self.Free();
    }

    // libtraceevent writes the name and, for %pS, "+0x" and the distance from the address that it is given back; the kernel writes
    // name+0x45/0x220 [module]. So the name goes out as name\1+0x45/0x220\2 [module]\3 with the very address: after %pS the text
    // has \3+0x0 and the marks go, after %ps it has not and what the first two marks hold goes too.
    private static int WithSizes(Span<byte> text)
    {
        var length = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != 1 || text[at..].IndexOf((byte)3) is not (> 0 and var last))
            {
                text[length++] = text[at];
                continue;
            }
            var mark = text.Slice(at, last + 1);
            var middle = mark.IndexOf((byte)2);
            var exact = text[(at + last + 1)..].StartsWith("+0x0"u8);
            if (exact) length += Move(text, mark[1..middle], length);
            length += Move(text, mark[(middle + 1)..^1], length);
            at += last + (exact ? "+0x0".Length : 0);
        }
        return length;

        static int Move(Span<byte> text, Span<byte> part, int to)
        {
            part.CopyTo(text[to..]);
            return part.Length;
        }
    }

    // The names live as long as this: libtraceevent doesn't copy them.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Resolve(nint state, ulong* address, byte** module)
    {
        var formatter = (RecordFormatter)GCHandle.FromIntPtr(state).Target!;
        *module = null;
        if (formatter._names.TryGetValue(*address, out var known))
        {
            formatter._resolved = true;
            return (byte*)known;
        }
        if (formatter._symbols!(*address) is not { } place) return null;
        formatter._resolved = true;
        var size = place.Size == 0 ? "" : $"/0x{place.Size:x}";
        var where = place.Module.Length == 0 ? "" : $" [{place.Module}]";
        var bytes = Encoding.UTF8.GetBytes($"{place.Name}\x01+0x{place.Offset:x}{size}\x02{where}\x03");
        var name = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(name, bytes.Length));
        formatter._names.Add(*address, (nint)name);
        return name;
    }
}

/// <summary>An address in a kernel function: the function's name, how far in, the function's size (0 where not known), the module's name or nothing.</summary>
public readonly record struct FunctionPlace(string Name, ulong Offset, ulong Size, string Module = "");

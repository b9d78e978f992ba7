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
    private readonly Func<ulong, KernelSymbol?>? _symbols;
    private readonly Dictionary<ulong, nint> _names = [];
    private readonly GCHandle _self;
    private readonly LibTraceEvent.Sequence* _text;
    private readonly bool _bigEndian;

    // Offsets and lengths inside a record have 16 bits: in this much memory none of them can point outside.
    private readonly byte[] _record = new byte[2 << 16];

    /// <summary>Makes one for records of a machine with that word size (in bytes) and byte order; <paramref name="symbols"/> names kernel addresses (<c>%pS</c>).</summary>
    public RecordFormatter(int wordSize, bool bigEndian, Func<ulong, KernelSymbol?>? symbols = null)
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
            LibTraceEvent.PrintEvent(_tep, _text, &described, format, what);
        }
        // trace_seq doesn't grow the text by its final zero.
        return new ReadOnlySpan<byte>(_text->Buffer, (int)_text->Length);
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

    // libtraceevent keeps neither the name nor asks twice in one call; the names live as long as this.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Resolve(nint state, ulong* address, byte** module)
    {
        var formatter = (RecordFormatter)GCHandle.FromIntPtr(state).Target!;
        *module = null;
        if (formatter._symbols!(*address) is not { } symbol) return null;
        *address = symbol.Address;
        if (formatter._names.TryGetValue(symbol.Address, out var known)) return (byte*)known;
        var bytes = Encoding.UTF8.GetBytes(symbol.Name);
        var name = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(name, bytes.Length));
        formatter._names.Add(symbol.Address, (nint)name);
        return name;
    }
}

/// <summary>A kernel function that holds an address: its name (with <c> [module]</c>) and its first byte.</summary>
public readonly record struct KernelSymbol(string Name, ulong Address);

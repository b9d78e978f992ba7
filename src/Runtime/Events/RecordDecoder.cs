using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.LibBpf;
using Ktap.Runtime.Rendering;
using Ktap.Runtime.Symbols;
using Ktap.Runtime.Tables;

namespace Ktap.Runtime.Events;

/// <summary>A call that a handler deferred: the place it came from, the time where it was asked for (else 0), its arguments.</summary>
public readonly record struct DeferredCall(OutputSite Site, long Nanoseconds, Value[] Arguments);

/// <summary>From the bytes of <see cref="RecordLayout"/> records to calls.</summary>
public sealed class RecordDecoder : IDisposable
{
    private readonly ImmutableArray<OutputSite> _sites;
    private readonly bool _timestamps;
    private readonly StackStore _stacks;
    private readonly SyscallText _syscalls;
    private readonly KernelSymbols _symbols;
    private readonly ValueRenderer _values;
    private readonly Lazy<RecordFormatter> _formatter;

    /// <summary>A decoder for the outputs of one program.</summary>
    public RecordDecoder(LoweredProgram program, Target target, KernelSymbols symbols, StackStore stacks)
    {
        (_stacks, _symbols, _values) = (stacks, symbols, new ValueRenderer(symbols));
        (_sites, _timestamps, _syscalls) = (program.Outputs, program.Options.Timestamps, new SyscallText(target));
        _formatter = new(() => MakeFormatter(target, symbols));
    }

    /// <summary>Decodes one record; null for one that is no call: that only wakes the reader, or tells of a new user stack.</summary>
    public DeferredCall? Decode(ReadOnlySpan<byte> record)
    {
        var id = BitConverter.ToUInt32(record);
        if (id == RecordLayout.StackId) _stacks.Note(BitConverter.ToInt64(record[StackRecord.Number..]));
        if (id is RecordLayout.ExitId or RecordLayout.StackId) return null;
        var site = _sites[(int)id];
        var textLength = BitConverter.ToInt32(record[4..]);
        var time = _timestamps ? BitConverter.ToInt64(record[8..]) : 0;
        var at = RecordLayout.HeaderSize(_timestamps);
        var text = record[TextOffset(site, at)..];
        var arguments = new Value[site.Arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = site.Arguments[i] switch
            {
                OutputArgument.Constant c => c.Value,
                OutputArgument.Dynamic d => Read(d.Type, record, ref at),
                OutputArgument.Text t => Text(t, text[..textLength]),
                _ => Value.Nil,
            };
        }
        return new DeferredCall(site, time, arguments);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_formatter.IsValueCreated) _formatter.Value.Dispose();
    }

    private static int TextOffset(OutputSite site, int header) =>
        header + site.Arguments.OfType<OutputArgument.Dynamic>().Sum(d => RecordLayout.SizeOf(d.Type));

    private Value Read(KtapType type, ReadOnlySpan<byte> record, ref int at)
    {
        var start = at;
        at += RecordLayout.SizeOf(type);
        return type switch
        {
            KtapType.NilType => Value.Nil,
            KtapType.OptionalType o => BitConverter.ToInt64(record[start..]) == 0 ? Value.Nil : ValueCodec.Read(o.Inner, record[(start + 8)..], _stacks),
            _ => ValueCodec.Read(type, record[start..], _stacks),
        };
    }

    private Value Text(OutputArgument.Text text, ReadOnlySpan<byte> bytes)
    {
        var shown = text.Format switch
        {
            EventTextFormat.SyscallEnter => Encoding.UTF8.GetBytes(_syscalls.Enter(bytes)),
            EventTextFormat.SyscallExit => Encoding.UTF8.GetBytes(_syscalls.Exit(bytes)),
            EventTextFormat.Words w => Words(w, bytes),
            EventTextFormat.Record r => Record(r.Event, bytes),
            EventTextFormat.Function f => Function(f, bytes),
            _ => [],
        };
        return Value.String(new KString(text.Newline ? [.. shown, (byte)'\n'] : shown));
    }

    private byte[] Function(EventTextFormat.Function format, ReadOnlySpan<byte> bytes)
    {
        var (values, at) = (new Value[format.Fields.Length], 8);
        for (var i = 0; i < values.Length; i++) values[i] = Read(format.Fields[i].Type, bytes, ref at);
        return Encoding.UTF8.GetBytes(FunctionEventText.Of(format, BitConverter.ToInt32(bytes), values, _symbols));
    }

    private byte[] Record(TracepointFormat format, ReadOnlySpan<byte> bytes)
    {
        _formatter.Value.Add(format);
        return _formatter.Value.Format(format.Id, bytes).ToArray();
    }

    private byte[] Words(EventTextFormat.Words format, ReadOnlySpan<byte> bytes)
    {
        var output = OutputBuffer.InMemory();
        for (var i = 0; i < format.Names.Length; i++)
        {
            var (name, of) = format.Names[i];
            output.Write($"{(i == 0 ? "" : " ")}{name}=");
            _values.Write(output, Value.Int(BitConverter.ToInt64(bytes[(i * 8)..]), of));
        }
        return output.Written.ToArray();
    }

    private static RecordFormatter MakeFormatter(Target target, KernelSymbols symbols) => new(
        target.Architecture.WordSize, target.Architecture.IsBigEndian,
        address => Symbol(symbols, address));

    private static FunctionPlace? Symbol(KernelSymbols symbols, ulong address)
    {
        var found = symbols.Find(address);
        return found.IsFound ? new FunctionPlace(Encoding.UTF8.GetString(found.Name), found.Offset, 0, Encoding.UTF8.GetString(found.Module).Trim('[', ']')) : null;
    }
}

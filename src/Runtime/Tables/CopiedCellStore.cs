using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>A shared variable whose value is larger than a word: it has copies in the mapped <c>.bss</c> section, of which one counts (<see cref="CellPlace"/>).</summary>
public sealed class CopiedCellStore(IMachine machine, LoadedMap bss, CellPlace place, StackStore stacks, RunClock clock) : CellStore
{
    private KtapType Type => place.Cell.Type.NotNil;

    private long _seen = -1;
    private Value _view;

    /// <summary>The value that the run that is going on has read first, and what it has made of it.</summary>
    public override Value Get()
    {
        if (_seen != clock.Now) (_seen, _view) = (clock.Now, Read().Value);
        return _view;
    }

    /// <inheritdoc/>
    public override void Set(Value value)
    {
        if (value.IsNil && !place.Cell.Type.MayBeNil) throw new StoreException($"it holds {Type.Describe()}s while tracing, so it can't take a nil");
        Free(machine.ExchangeMemory(bss, place.Offset, value.IsNil ? 0 : Write(value)));
        (_seen, _view) = (clock.Now, value);
    }

    /// <inheritdoc/>
    public override void Update(Change change)
    {
        if (_seen == clock.Now) _view = change.Apply(_view);
        while (true)
        {
            var (name, old) = Read();
            var next = Write(change.Apply(old));
            if (machine.CompareExchangeMemory(bss, place.Offset, name, next) == name)
            {
                Free(name);
                return;
            }
            Free(next);
        }
    }

    // Puts a value into a copy that nobody uses; gives the word that says that it counts.
    private long Write(Value value)
    {
        Span<byte> bytes = stackalloc byte[Layout.SizeOf(Type)];
        ValueCodec.Write(Type, value, bytes, stacks);
        for (var index = 0; ; index = (index + 1) % CellPlace.Copies)
        {
            var number = Word(CopyAt(index));
            if ((number & 1) != 0 || machine.CompareExchangeMemory(bss, CopyAt(index), number, number + 1) != number) continue;
            machine.WriteMemory(bss, CopyAt(index) + CellPlace.ValueOffset, bytes);
            return ((number + 1) << CellPlace.IndexBits) | (uint)index;
        }
    }

    private (long Name, Value Value) Read()
    {
        Span<byte> bytes = stackalloc byte[Layout.SizeOf(Type)];
        while (true)
        {
            var name = Word(place.Offset);
            if (name == 0) return (0, Value.Nil);
            machine.ReadMemory(bss, CopyAt(name) + CellPlace.ValueOffset, bytes);
            if (Word(CopyAt(name)) == Sequence(name)) return (name, ValueCodec.Read(Type, bytes, stacks));
        }
    }

    private void Free(long name)
    {
        if (name != 0) machine.ExchangeMemory(bss, CopyAt(name), Sequence(name) + 1);
    }

    private int CopyAt(long name) => place.CopiesOffset + ((int)(name & (CellPlace.Copies - 1)) * place.Stride);

    private static long Sequence(long name) => name >>> CellPlace.IndexBits;

    private long Word(int offset)
    {
        Span<byte> word = stackalloc byte[8];
        machine.ReadMemory(bss, offset, word);
        return BitConverter.ToInt64(word);
    }
}

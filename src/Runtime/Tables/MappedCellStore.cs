using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>A shared variable in the mapped <c>.bss</c> section.</summary>
public sealed class MappedCellStore(IMachine machine, LoadedMap bss, CellPlace place, StackStore stacks, RunClock clock) : CellStore
{
    private KtapType Type => place.Cell.Type.NotNil;

    // Sums can be taken from: everything else is replaced.
    private readonly bool _isSum = place.Cell is { IsUpdated: true, IsOnlyAddedTo: true } && place.Cell.Type.NotNil is KtapType.IntType;
    private long _seen = -1;
    private Value _view;

    /// <summary>The value that the run that is going on has read first, and what it has made of it.</summary>
    public override Value Get()
    {
        if (_seen != clock.Now) (_seen, _view) = (clock.Now, Read());
        return _view;
    }

    /// <inheritdoc/>
    public override void Set(Value value)
    {
        if (Type is KtapType.NeverType && !value.IsNil) throw new StoreException($"handlers take '{place.Cell.Cell.Name}' to be nil");
        if (value.IsNil && place.PresentOffset is null) throw new StoreException($"it holds {Type.Describe()}s while tracing, so it can't take a nil");
        if (_isSum && value.Kind is ValueKind.Int or ValueKind.Nil) SetSum(value);
        else Replace(value);
        (_seen, _view) = (clock.Now, value);
    }

    /// <inheritdoc/>
    public override void Update(Change change)
    {
        var isInteger = Type is KtapType.IntType;
        if (_seen == clock.Now) _view = change.Apply(_view);
        if (isInteger && change.Added is { } added)
        {
            machine.AddMemory(bss, place.Offset, added);
            SetPresent(true);
            return;
        }
        while (true)
        {
            var old = Read();
            var next = change.Apply(old);
            if (!isInteger || next.Kind != ValueKind.Int)
            {
                Replace(next);
                return;
            }
            // What is nil is 0 in memory, so that adding to it needs no look.
            var word = old.IsNil ? 0 : old.AsInt;
            if (machine.CompareExchangeMemory(bss, place.Offset, word, next.AsInt) != word) continue;
            SetPresent(true);
            return;
        }
    }

    // What handlers added since the value was read stays: in the memory, and that it is not nil.
    private void SetSum(Value value)
    {
        var wanted = value.IsNil ? 0 : value.AsInt;
        if (_seen == clock.Now) machine.AddMemory(bss, place.Offset, unchecked(wanted - (_view.IsNil ? 0 : _view.AsInt)));
        else machine.ExchangeMemory(bss, place.Offset, wanted);
        SetPresent(!value.IsNil);
        if (value.IsNil && Word(place.Offset) != 0) SetPresent(true);
    }

    private void Replace(Value value)
    {
        if (value.IsNil)
        {
            SetPresent(false);
            if (Type is KtapType.IntType && place.Cell.IsUpdated) machine.ExchangeMemory(bss, place.Offset, 0);
            return;
        }
        Span<byte> bytes = stackalloc byte[Layout.SizeOf(Type)];
        ValueCodec.Write(Type, value, bytes, stacks);
        machine.WriteMemory(bss, place.Offset, bytes);
        SetPresent(true);
    }

    private void SetPresent(bool isPresent)
    {
        if (place.PresentOffset is { } present) machine.ExchangeMemory(bss, present, isPresent ? 1 : 0);
    }

    private Value Read()
    {
        if (Type is KtapType.NeverType || (place.PresentOffset is { } present && Word(present) == 0)) return Value.Nil;
        Span<byte> bytes = stackalloc byte[Layout.SizeOf(Type)];
        machine.ReadMemory(bss, place.Offset, bytes);
        return ValueCodec.Read(Type, bytes, stacks);
    }

    private long Word(int offset)
    {
        Span<byte> word = stackalloc byte[8];
        machine.ReadMemory(bss, offset, word);
        return BitConverter.ToInt64(word);
    }
}

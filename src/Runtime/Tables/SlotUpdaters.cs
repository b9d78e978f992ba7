using System.Collections.Immutable;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Syntax;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>Updates slots in one step against handlers, by the programs that the object has for it. For one thread.</summary>
public sealed class SlotUpdaters(IMachine machine, LoadedObject loaded, LoadedMap bss, ImmutableArray<SlotUpdater> updaters)
{
    /// <summary>Makes the slot of a key <c>slot op= operand</c>; there has to be a program for it.</summary>
    public void Update(string op, ReadOnlySpan<byte> key, long operand)
    {
        // Subtracting is adding.
        if (op == Operators.Text(BinaryOp.Subtract)) (op, operand) = (Operators.Text(BinaryOp.Add), unchecked(-operand));
        var updater = updaters.FirstOrDefault(u => Operators.Text(u.Op) == op) ?? throw new InvalidOperationException($"the object has no program for '{op}='");
        machine.WriteMemory(bss, updater.KeyOffset, key);
        machine.WriteMemory(bss, updater.OperandOffset, BitConverter.GetBytes(operand));
        machine.RunOnce(loaded.Program(updater.Program), []);
    }

    /// <summary>Adds to a slot.</summary>
    public void Add(ReadOnlySpan<byte> key, long operand) => Update(Operators.Text(BinaryOp.Add), key, operand);
}

using System.Collections.Immutable;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// Makes the programs by which user space updates slots that handlers update at the same time: handlers themselves, of the one statement
/// <c>t[key] op= operand</c>, whose key and operand are variables in shared memory.
/// </summary>
internal sealed class SlotUpdates(TypedProgram program, SharedMemory memory)
{
    private int _cells = program.Cells.Length;

    /// <summary>The programs for one table: the updates that code in user space has, and where it stores to sums, the addition that leaves what it hasn't seen.</summary>
    public IEnumerable<(SlotUpdater Updater, TypedHandler Handler)> For(SharedTable table, ProbeSite site)
    {
        if (table.Key is KtapType.NeverType || table.Value is not (KtapType.IntType or KtapType.AnyType)) yield break;
        var updates = table.UserSide.Updates.AsEnumerable();
        if (table.UserSide.Resets && table.IsSum) updates = updates.Append(new UserSideUpdate(BinaryOp.Add, program.Handlers[0].Source, program.Handlers[0].Span));
        // Subtracting is adding.
        foreach (var update in updates.Select(u => u.Op == BinaryOp.Subtract ? u with { Op = BinaryOp.Add } : u).DistinctBy(u => u.Op))
            yield return Make(table, update, new CalledSite(site.Target, site.Options));
    }

    private (SlotUpdater, TypedHandler) Make(SharedTable table, UserSideUpdate update, CalledSite site)
    {
        var span = update.Span;
        // One after the other, the parts lie as they do in the key.
        var parts = (table.Key is KtapType.TupleType tuple ? tuple.Parts : [table.Key]).Select(type => Place("key", type)).ToArray();
        var operand = Place("operand", KtapType.Int);
        TypedExpression[] reads = [.. parts.Select(p => new TypedCellRead(span, p.Cell))];
        var key = reads is [var only] ? only : new TypedTuple(span, table.Key, [.. reads]);
        var body = new TypedUpdate(span, new TypedTarget.Slot(span, table, key), update.Op, new TypedCellRead(span, operand.Cell));
        var name = $"u{table.Index}_{update.Op}";
        return (new SlotUpdater(table, update.Op, name, parts[0].Offset, operand.Offset),
            new TypedHandler(name, update.Source, span, site, null, new TypedBlock(span, [body]), false));
    }

    private CellPlace Place(string name, KtapType type) => memory.Place(new SharedCell(new Cell(name), _cells++) { Type = type });
}

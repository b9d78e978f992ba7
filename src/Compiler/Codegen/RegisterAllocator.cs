using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// Linear scan over live intervals with holes. A register that finds no place, or has to give up its place to one that is read
/// more often, becomes inline: made again where that is possible, else kept in the stack frame. Then all begins
/// anew with the rewritten code, until everything has a place.
/// </summary>
internal sealed class RegisterAllocator
{
    // Each round cuts something into smaller pieces, so that it ends; this many rounds in, everything in the way is cut at once.
    private const int PatientRounds = 6;

    private readonly List<LiveInterval>[] _occupants = new List<LiveInterval>[10];
    private readonly List<LiveInterval> _spilled = [];
    private readonly bool _hasty;

    private RegisterAllocator(bool hasty)
    {
        _hasty = hasty;
        for (var r = 0; r < _occupants.Length; r++) _occupants[r] = [];
    }

    /// <summary>The machine register of every virtual register that has one; rewrites the function as far as needed.</summary>
    public static BpfRegister[] Allocate(WorkFunction function)
    {
        for (var round = 0; ; round++)
        {
            var intervals = LiveIntervals.Of(function);
            var allocator = new RegisterAllocator(round >= PatientRounds);
            foreach (var interval in intervals) allocator.Place(interval);
            if (allocator._spilled.Count == 0)
            {
                var result = new BpfRegister[function.RegisterCount];
                foreach (var interval in intervals) result[interval.Register.Id] = (BpfRegister)interval.Assigned;
                return result;
            }
            SpillAll(function, allocator._spilled);
            InlineRewriter.Run(function);
        }
    }

    private void Place(LiveInterval interval)
    {
        var start = interval.Start;
        var free = 0;
        for (var r = 0; r < _occupants.Length; r++)
        {
            var isFree = (interval.Allowed >> r & 1) != 0;
            var occupants = _occupants[r];
            for (var i = occupants.Count - 1; i >= 0; i--)
            {
                if (occupants[i].End <= start) occupants.RemoveAt(i);
                else if (isFree && occupants[i].Overlaps(interval, start)) isFree = false;
            }
            if (isFree) free |= 1 << r;
        }
        var register = free != 0 ? Choose(interval, free) : Evict(interval);
        interval.Assigned = register;
        if (register >= 0) _occupants[register].Add(interval);
    }

    private static int Choose(LiveInterval interval, int free)
    {
        ReadOnlySpan<int> wishes =
        [
            interval.Wish, interval.FirstFriend?.Assigned ?? -1, interval.SecondFriend?.Assigned ?? -1,
            interval.FirstFriend?.Wish ?? -1, interval.SecondFriend?.Wish ?? -1,
        ];
        foreach (var wish in wishes)
            if (wish >= 0 && (free >> wish & 1) != 0) return wish;
        foreach (var register in LiveIntervals.Preference)
            if ((free >> (int)register & 1) != 0) return (int)register;
        throw new InvalidOperationException("no register is free");
    }

    // The register whose occupants are worth least, if that is less than the newcomer; else the newcomer itself goes.
    private int Evict(LiveInterval interval)
    {
        var (best, cost) = (-1, interval.Weight);
        for (var r = 0; r < _occupants.Length; r++)
        {
            if ((interval.Allowed >> r & 1) == 0) continue;
            var sum = 0f;
            foreach (var occupant in _occupants[r])
                if (occupant.Overlaps(interval, interval.Start)) sum += occupant.Weight;
            if (sum < cost) (best, cost) = (r, sum);
        }
        if (best < 0)
        {
            if (float.IsPositiveInfinity(interval.Weight)) throw new InvalidOperationException($"no register for {interval.Register}, which can't be spilled");
            _spilled.Add(interval);
            return -1;
        }
        for (var r = 0; r < _occupants.Length; r++)
        {
            if (r != best && !_hasty) continue;
            foreach (var occupant in _occupants[r])
                if (!float.IsPositiveInfinity(occupant.Weight) && occupant.Overlaps(interval, interval.Start)) _spilled.Add(occupant);
            _occupants[r].RemoveAll(o => !float.IsPositiveInfinity(o.Weight) && o.Overlaps(interval, interval.Start));
        }
        return best;
    }

    // Registers without a recipe get a slot; those that are never wanted at the same time share one.
    private static void SpillAll(WorkFunction function, List<LiveInterval> spilled)
    {
        var slots = new PriorityQueue<VReg, int>(); // by where the last register in the slot ends
        spilled.Sort((a, b) => a.Start.CompareTo(b.Start));
        foreach (var interval in spilled)
        {
            var facts = function[interval.Register];
            facts.IsInline = true;
            if (facts.Recipe is not null) continue;
            var slot = slots.TryPeek(out _, out var end) && end <= interval.Start ? slots.Dequeue() : function.NewSpillSlot(interval.Register);
            slots.Enqueue(slot, interval.End);
            facts.Recipe = new IrOp.Load(interval.Register, 8, false, slot, 0, default);
        }
    }
}

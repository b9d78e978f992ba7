namespace Ktap.Compiler.Ir;

/// <summary>
/// Which registers hold a value that is still wanted at the end of each block. Works register by register, from each block
/// that reads one before assigning it back to where it is assigned: the cost is the size of the answer, whatever the number
/// of blocks and registers.
/// </summary>
public sealed class Liveness
{
    private readonly int[] _start; // by block: where its registers start
    private readonly int[] _liveOut;
    private readonly List<int> _liveAtEntry = [];

    /// <summary>Analyses the blocks; registers for which <paramref name="ignore"/> is true are left out.</summary>
    public Liveness(ControlFlow flow, int registerCount, ReadOnlySpan<bool> ignore = default)
    {
        var found = new List<(int Block, int Register)>();
        var defined = new Lists(registerCount);
        var exposed = new Lists(registerCount);
        var definedIn = new int[registerCount];
        var exposedIn = new int[registerCount];
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var b = 0; b < flow.Count; b++)
            foreach (var op in flow.Order[b].Ops)
            {
                for (var n = op.Uses(uses) - 1; n >= 0; n--)
                {
                    var use = uses[n].Id;
                    if (definedIn[use] == b + 1 || exposedIn[use] == b + 1 || (!ignore.IsEmpty && ignore[use])) continue;
                    exposedIn[use] = b + 1;
                    exposed.Add(use, b);
                }
                if (op.Definition() is not { } dst || definedIn[dst.Id] == b + 1) continue;
                definedIn[dst.Id] = b + 1;
                defined.Add(dst.Id, b);
            }

        var assigns = new int[flow.Count]; // the stamps of the register being followed, plus 1
        var liveIn = new int[flow.Count];
        var liveOut = new int[flow.Count];
        var work = new Stack<int>();
        for (var reg = 0; reg < registerCount; reg++)
        {
            if (exposed.First(reg) < 0) continue;
            for (var e = defined.First(reg); e >= 0; e = defined.Next(e)) assigns[defined.Value(e)] = reg + 1;
            for (var e = exposed.First(reg); e >= 0; e = exposed.Next(e)) Want(exposed.Value(e));
            while (work.TryPop(out var block))
                foreach (var p in flow.Predecessors(block))
                {
                    if (liveOut[p] == reg + 1) continue;
                    liveOut[p] = reg + 1;
                    found.Add((p, reg));
                    if (assigns[p] != reg + 1) Want(p);
                }

            void Want(int block)
            {
                if (liveIn[block] == reg + 1) return;
                liveIn[block] = reg + 1;
                if (block == 0) _liveAtEntry.Add(reg);
                work.Push(block);
            }
        }

        _start = new int[flow.Count + 1];
        foreach (var (block, _) in found) _start[block + 1]++;
        for (var b = 0; b < flow.Count; b++) _start[b + 1] += _start[b];
        _liveOut = new int[found.Count];
        var next = _start.AsSpan(0, flow.Count).ToArray();
        foreach (var (block, register) in found) _liveOut[next[block]++] = register;
    }

    /// <summary>The registers that are wanted after a block, by ascending number.</summary>
    public ReadOnlySpan<int> LiveOut(int block) => _liveOut.AsSpan(_start[block].._start[block + 1]);

    /// <summary>The registers that some path reads before anything has assigned them.</summary>
    public IReadOnlyList<int> LiveAtEntry => _liveAtEntry;

    // A list of blocks for each register, in arrays: most registers have one entry or none.
    private sealed class Lists(int count)
    {
        private readonly int[] _heads = new int[count]; // index + 1
        private readonly List<(int Value, int Next)> _entries = [];

        public void Add(int list, int value)
        {
            _entries.Add((value, _heads[list] - 1));
            _heads[list] = _entries.Count;
        }

        public int First(int list) => _heads[list] - 1;

        public int Next(int entry) => _entries[entry].Next;

        public int Value(int entry) => _entries[entry].Value;
    }
}

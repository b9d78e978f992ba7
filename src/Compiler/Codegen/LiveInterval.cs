using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// Where in the code one register holds a value that is still wanted: ranges of positions, four to an operation. An operation
/// at index i reads at 4i, destroys what calls destroy at 4i + 1, and assigns at 4i + 2.
/// </summary>
internal sealed class LiveInterval(VReg register)
{
    private int _next; // the first range that is not over yet, while allocating

    public VReg Register { get; } = register;

    /// <summary>Half-open ranges; while being built the last one comes first.</summary>
    public List<(int From, int To)> Ranges { get; } = new(1);

    /// <summary>What spilling it costs: reads and assignments, weighted by loops; later divided by its length.</summary>
    public float Weight { get; set; }

    /// <summary>The machine registers that may hold it, as bits.</summary>
    public int Allowed { get; set; } = (1 << 10) - 1;

    /// <summary>A machine register that would save a move, or -1.</summary>
    public int Wish { get; set; } = -1;

    /// <summary>Registers that it is copied from or to: sharing theirs would save a move.</summary>
    public LiveInterval? FirstFriend { get; private set; }

    /// <inheritdoc cref="FirstFriend"/>
    public LiveInterval? SecondFriend { get; private set; }

    /// <summary>The machine register, or -1.</summary>
    public int Assigned { get; set; } = -1;

    public int Start => Ranges[0].From;

    public int End => Ranges[^1].To;

    /// <summary>Makes two registers friends, as far as each has room.</summary>
    public void Befriend(LiveInterval other)
    {
        if (FirstFriend is null) FirstFriend = other;
        else SecondFriend ??= other;
        if (other.FirstFriend is null) other.FirstFriend = this;
        else other.SecondFriend ??= this;
    }

    /// <summary>While building backwards: it is wanted in a range that starts no later than any before.</summary>
    public void AddRange(int from, int to)
    {
        if (Ranges.Count > 0 && to >= Ranges[^1].From) Ranges[^1] = (Math.Min(from, Ranges[^1].From), Math.Max(to, Ranges[^1].To));
        else Ranges.Add((from, to));
    }

    /// <summary>While building backwards: it is assigned here, wanted later or not.</summary>
    public void AddDefinition(int at)
    {
        if (Ranges.Count > 0 && Ranges[^1].From <= at) Ranges[^1] = (at, Ranges[^1].To);
        else AddRange(at, at + 1);
    }

    /// <summary>Whether the two are ever wanted at the same time, looking only from <paramref name="position"/> on, which never goes back.</summary>
    public bool Overlaps(LiveInterval other, int position)
    {
        Skip(position);
        other.Skip(position);
        var (i, j) = (_next, other._next);
        while (i < Ranges.Count && j < other.Ranges.Count)
        {
            if (Ranges[i].To <= other.Ranges[j].From) i++;
            else if (other.Ranges[j].To <= Ranges[i].From) j++;
            else return true;
        }
        return false;
    }

    private void Skip(int position)
    {
        while (_next < Ranges.Count && Ranges[_next].To <= position) _next++;
    }
}

using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// The data sections of one object, as the lowering fills them: shared variables and counters in <c>.bss</c>, constants in <c>.rodata</c>. Where the kernel has an atomic
/// exchange, variables larger than a word have copies (<see cref="CellPlace"/>).
/// </summary>
internal sealed class SharedMemory
{
    private readonly List<DataVariable> _variables =
    [
        new("stop", ControlBlock.Stop, 8), new("exit_code", ControlBlock.ExitCode, 8), new("zero", ControlBlock.Zero, 8),
        new("wall_clock", ControlBlock.WallClock, 8), new("start", ControlBlock.Start, 8), new("wakeup", ControlBlock.Wakeup, 8),
    ];
    private readonly List<byte> _constants = [];
    private readonly Dictionary<string, int> _constantOffsets = [];
    private readonly Dictionary<SharedCell, CellPlace> _cells = [];
    private readonly Dictionary<(HandlerError, SourceText, TextSpan, SharedTable?), ErrorCounter> _counters = [];
    private readonly bool _hasExchange;
    private int _size = FirstLine;

    /// <summary>Memory that begins with so many bytes of stripes, behind the control block.</summary>
    public SharedMemory(bool hasExchange, int stripes)
    {
        _hasExchange = hasExchange;
        if (stripes > 0) Allocate("stripes", stripes);
    }

    /// <summary>
    /// Where what handlers write begins: beyond the two lines of the cache with the control block, which every run reads, so that no processor takes them from another.
    /// </summary>
    public const int FirstLine = 128;

    /// <summary>The counters.</summary>
    public ImmutableArray<ErrorCounter> Counters => [.. _counters.Values];

    /// <summary>The sections, done.</summary>
    public ImmutableArray<DataSection> Sections
    {
        get
        {
            var bss = new DataSection(DataKind.Bss, _size, [.. _variables], []);
            return _constants.Count == 0
                ? [bss]
                : [bss, new DataSection(DataKind.Rodata, _constants.Count, [new DataVariable("constants", 0, _constants.Count)], [.. _constants])];
        }
    }

    /// <summary>A shared variable's place.</summary>
    public CellPlace Place(SharedCell cell)
    {
        if (_cells.TryGetValue(cell, out var place)) return place;
        var size = cell.Type.NotNil is KtapType.NeverType ? 0 : Layout.SizeOf(cell.Type.NotNil);
        if (_hasExchange && size > 8)
        {
            var copies = CellPlace.Copies * (CellPlace.ValueOffset + size);
            place = new CellPlace(cell, Allocate($"cell_{cell.Index}", 8 + copies), null, true);
        }
        else
        {
            int? present = cell.Type.MayBeNil ? Allocate($"present_{cell.Index}", 8) : null;
            place = new CellPlace(cell, Allocate($"cell_{cell.Index}", Math.Max(8, size)), present, false);
        }
        _cells.Add(cell, place);
        return place;
    }

    /// <summary>The counter of a kind of error at a place.</summary>
    public ErrorCounter Counter(HandlerError kind, SourceText source, TextSpan span, SharedTable? table)
    {
        var key = (kind, source, span, table);
        if (_counters.TryGetValue(key, out var counter)) return counter;
        counter = new ErrorCounter(kind, source, span, table, Allocate($"errors_{_counters.Count}", 8));
        _counters.Add(key, counter);
        return counter;
    }

    /// <summary>Bytes in the read-only data, the same bytes once; their offset is a multiple of 8.</summary>
    public int Constant(ImmutableArray<byte> bytes)
    {
        var key = Convert.ToHexString(bytes.AsSpan());
        if (_constantOffsets.TryGetValue(key, out var offset)) return offset;
        offset = _constants.Count;
        _constants.AddRange(bytes);
        while (_constants.Count % 8 != 0) _constants.Add(0);
        _constantOffsets.Add(key, offset);
        return offset;
    }

    private int Allocate(string name, int size)
    {
        var offset = _size;
        _variables.Add(new DataVariable(name, offset, size));
        _size += size;
        return offset;
    }
}

using Ktap.Compiler.Ir;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Events;

/// <summary>
/// Moves records from the ring into memory by a thread of its own, every millisecond, so that the ring has room while the reader formats, writes or runs a tick.
/// Handlers wake it only when it has slept because nothing came: a wake-up a record costs them more than the record. For one reader beside it.
/// </summary>
public sealed class RecordPump : IDisposable
{
    // Without a batch to fill, records stay in the ring, and are counted as lost when that is full too.
    private const int BatchBytes = 1 << 20, MostBatches = 64;

    // After so many rounds of a millisecond without a record it sleeps until there is one.
    private const int QuietRounds = 20;

    // BPF_RB_NO_WAKEUP; 0 wakes when the reader has caught up.
    private const long NoWakeup = 1, WakeWhenCaughtUp = 0;

    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(1);

    private readonly IMachine _machine;
    private readonly Tracing _tracing;
    private readonly LoadedMap _ring;
    private readonly AutoResetEvent _arrived;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly Queue<Filled> _filled = [];
    private readonly Stack<RecordBatch> _spare = [];
    private Filled? _last;
    private int _made;
    private volatile bool _ending;

    /// <summary>Starts reading; <paramref name="arrived"/> is set whenever there is something to take.</summary>
    public RecordPump(IMachine machine, Tracing tracing, AutoResetEvent arrived)
    {
        (_machine, _tracing, _ring, _arrived) = (machine, tracing, tracing.Ring, arrived);
        _thread = new Thread(Run, 256 << 10) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How far <see cref="Taken"/> will have come when all records are taken that handlers have a place in the ring for now.</summary>
    public long End => _machine.ProgressOf(_ring).Reserved;

    /// <summary>How many bytes of the ring have been taken since it was made.</summary>
    public long Taken { get; private set; }

    /// <summary>The oldest records, also of those that are in the ring, to be given back; null where there are none, or one that is still being written stands before them.</summary>
    public RecordBatch? Take()
    {
        lock (_lock)
        {
            if (_filled.Count == 0) Move();
            if (!_filled.TryDequeue(out var oldest))
            {
                Taken = _machine.ProgressOf(_ring).Read;
                return null;
            }
            if (oldest == _last) _last = null;
            Taken = oldest.End;
            return oldest.Batch;
        }
    }

    /// <summary>Gives a batch back to be filled again.</summary>
    public void GiveBack(RecordBatch batch)
    {
        batch.Clear();
        lock (_lock) _spare.Push(batch);
    }

    /// <summary>Ends the thread; what is in the ring can still be taken.</summary>
    public void Dispose()
    {
        if (_ending) return;
        _ending = true;
        _machine.WakeRing(_ring);
        _thread.Join();
    }

    private void Run()
    {
        _tracing.SetWakeup(NoWakeup);
        for (var quiet = 0; !_ending;)
        {
            if (MoveAndTell()) quiet = 0;
            else if (++quiet == QuietRounds)
            {
                SleepUntilWoken();
                quiet = 0;
                continue;
            }
            Thread.Sleep(Round);
        }
    }

    // A handler reserves its record before it reads the flags. So a round after they have changed, all handlers that still read the old ones have made the
    // ring look not empty, and then waiting returns at once.
    private void SleepUntilWoken()
    {
        _tracing.SetWakeup(WakeWhenCaughtUp);
        Thread.Sleep(Round);
        if (!MoveAndTell() && !_ending) _machine.WaitRing(_ring, -1);
        _tracing.SetWakeup(NoWakeup);
    }

    private bool MoveAndTell()
    {
        lock (_lock)
            if (!Move()) return false;
        _arrived.Set();
        return true;
    }

    // Gives whether there was anything to move.
    private bool Move()
    {
        var any = false;
        while (true)
        {
            if (_last is null)
            {
                if (!_spare.TryPop(out var batch))
                {
                    if (_made == MostBatches) return any;
                    _made++;
                    batch = new RecordBatch(BatchBytes);
                }
                _last = new Filled(batch);
            }
            var wasEmpty = _last.Batch.Count == 0;
            var moved = _machine.DrainRing(_ring, _last.Batch) > 0;
            any |= moved;
            if (moved && wasEmpty) _filled.Enqueue(_last);
            _last.End = _machine.ProgressOf(_ring).Read;
            if (!_last.Batch.IsFull) return any;
            _last = null;
        }
    }

    // A batch with records, and how far the ring has been read with its last one.
    private sealed class Filled(RecordBatch batch)
    {
        public RecordBatch Batch => batch;

        public long End { get; set; }
    }
}

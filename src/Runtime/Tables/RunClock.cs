namespace Ktap.Runtime.Tables;

/// <summary>
/// Tells stores apart the runs of code in user space: each tick and each deferred call is one, and sees one state of what handlers change
/// meanwhile. For one thread.
/// </summary>
public sealed class RunClock
{
    /// <summary>The number of the run that is going on.</summary>
    public long Now { get; private set; }

    /// <summary>
    /// Whether this run empties a table that an earlier call of the same handler has read: it takes away what that call, or one of another
    /// handler since, has seen.
    /// </summary>
    public bool EndsReading { get; private set; }

    /// <summary>The next run begins.</summary>
    public void Begin(bool endsReading = false) => (Now, EndsReading) = (Now + 1, endsReading);
}

namespace Ktap.Compiler.Ir;

/// <summary>
/// The shared memory (<c>.bss</c>) that every object begins with, byte offsets of 64-bit words.
/// </summary>
public static class ControlBlock
{
    /// <summary>Not 0: no handler runs any more.</summary>
    public const int Stop = 0;

    /// <summary>What the first <c>exit</c> of a handler said, plus 1; 0: none did.</summary>
    public const int ExitCode = 8;

    /// <summary>Always 0, which the verifier doesn't know.</summary>
    public const int Zero = 16;

    /// <summary>How far the wall clock is ahead of the monotonic one, in nanoseconds: user space keeps it fresh.</summary>
    public const int WallClock = 24;

    /// <summary>The monotonic clock's nanoseconds when ktap started.</summary>
    public const int Start = 32;

    /// <summary>The flags with which records are submitted to the ring: 0, or BPF_RB_NO_WAKEUP while user space reads it by itself.</summary>
    public const int Wakeup = 40;

    /// <summary>The first byte behind it.</summary>
    public const int Size = 48;
}

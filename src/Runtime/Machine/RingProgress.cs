namespace Ktap.Runtime.Machine;

/// <summary>How many bytes programs have reserved in a ring since it was made, and how many of those the reader has passed.</summary>
public readonly record struct RingProgress(long Reserved, long Read);

namespace Ktap.Runtime.Machine;

/// <summary>Which file it is, whatever path leads to it: its device and number there; its size in bytes, and whether it is a plain file.</summary>
public readonly record struct FileIdentity(uint Major, uint Minor, ulong Inode, long Size, bool IsPlain)
{
    /// <summary>Whether it is the same file as another, whatever their sizes.</summary>
    public bool IsSameAs(FileIdentity other) => (Major, Minor, Inode) == (other.Major, other.Minor, other.Inode);
}

namespace Ktap.Runtime.Symbols;

/// <summary>The code in a process's memory, as it was at one time.</summary>
/// <param name="Number">Its number among all that were looked at, from 1.</param>
/// <param name="Pid">The process.</param>
/// <param name="Program">The program file that the process ran, or null where that could not be seen.</param>
/// <param name="Mappings">By address.</param>
/// <param name="Files">The functions of the files behind the mappings; null for what is no file.</param>
internal sealed record AddressSpace(int Number, int Pid, Machine.FileIdentity? Program, CodeMapping[] Mappings, FileFunctions?[] Files)
{
    /// <summary>The text of the addresses that were asked for.</summary>
    public Dictionary<(ulong Address, bool IsReturn), byte[]> Texts { get; } = [];

    /// <summary>The index of the mapping that an address lies in, or -1.</summary>
    public int IndexOf(ulong address)
    {
        var (low, high) = (0, Mappings.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Mappings[middle].End <= address) low = middle + 1;
            else high = middle;
        }
        return low < Mappings.Length && Mappings[low].Start <= address ? low : -1;
    }

    /// <summary>Whether every address is in one of the mappings.</summary>
    public bool Covers(ReadOnlySpan<ulong> addresses)
    {
        foreach (var address in addresses)
            if (IndexOf(address) < 0) return false;
        return true;
    }
}

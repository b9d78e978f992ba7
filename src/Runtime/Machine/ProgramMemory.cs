using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Machine;

/// <summary>Where a process has what its program's file says is at an address: position-independent programs are loaded somewhere else each time.</summary>
internal static class ProgramMemory
{
    /// <summary>The address in the process's memory; throws where the process has gone.</summary>
    internal static ulong AddressOf(IMachine machine, ProgramPlace place)
    {
        var file = $"/proc/{place.Pid}/exe";
        var program = machine.Identify(file) ?? throw Gone(place.Pid);
        var segments = machine.ReadFunctions(file).Segments;
        foreach (var mapping in CodeMapping.Parse(machine.ReadFile($"/proc/{place.Pid}/maps")))
        {
            if (!program.IsSameAs(mapping.File)) continue;
            // The kernel maps whole pages, from the one that a segment begins in.
            foreach (var segment in segments)
                if (segment.Offset + segment.Size > mapping.Offset && segment.Offset < mapping.Offset + (mapping.End - mapping.Start))
                    return place.Address + (mapping.Start - mapping.Offset + segment.Offset - segment.Address);
        }
        throw Gone(place.Pid);
    }

    private static KtapException Gone(int pid) => new($"find the program of process {pid} in its memory", 0, "the process has ended, or runs another program by now");
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ktap.Runtime.LibBpf;

/// <summary>
/// Finds the shared libraries by the names that distributions install for running programs (with the version at the end). Native
/// builds link them in, and never come here.
/// </summary>
internal static class NativeLibraries
{
#pragma warning disable CA2255 // the resolver must be there before the first call into a library, whoever makes it
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Initialize() =>
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, static (name, _, _) => Resolve(name));

    private static nint Resolve(string name)
    {
        var file = name switch
        {
            "libbpf" => "libbpf.so.1",
            "libtraceevent" => "libtraceevent.so.1",
            "libelf" => "libelf.so.1",
            "libc" => "libc.so.6",
            _ => null,
        };
        return file is not null && NativeLibrary.TryLoad(file, out var handle) ? handle : 0;
    }
}

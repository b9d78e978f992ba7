using System.Runtime.InteropServices;
using System.Text;

namespace Ktap.Runtime.LibBpf;

/// <summary>
/// Reads mangled C++ names by the C++ library's own <c>__cxa_demangle</c>. The library is not linked in: where programs in C++ are traced it is there, and where it
/// isn't, names stay as they are.
/// </summary>
internal static unsafe class Demangler
{
    private static readonly string[] Libraries = ["libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"];
    private static readonly delegate* unmanaged[Cdecl]<byte*, byte*, nuint*, int*, byte*> Function = Find();

    /// <summary>The name as it is written in the source, or null where the symbol isn't mangled or can't be read.</summary>
    internal static string? Read(string symbol)
    {
        if (Function == null || !symbol.StartsWith("_Z", StringComparison.Ordinal)) return null;
        fixed (byte* mangled = Encoding.UTF8.GetBytes(symbol + "\0"))
        {
            int status;
            var text = Function(mangled, null, null, &status);
            if (text == null) return null;
            var name = Marshal.PtrToStringUTF8((nint)text);
            Libc.Free(text);
            return status == 0 ? name : null;
        }
    }

    private static delegate* unmanaged[Cdecl]<byte*, byte*, nuint*, int*, byte*> Find()
    {
        foreach (var library in Libraries)
            if (NativeLibrary.TryLoad(library, out var handle) && NativeLibrary.TryGetExport(handle, "__cxa_demangle", out var function))
                return (delegate* unmanaged[Cdecl]<byte*, byte*, nuint*, int*, byte*>)function;
        return null;
    }
}

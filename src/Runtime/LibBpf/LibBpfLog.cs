using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Ktap.Runtime.LibBpf;

/// <summary>
/// Catches what libbpf prints while a piece of work runs. libbpf has one print function a process, so the text goes to the
/// capture of the thread that works; what no capture wants is dropped.
/// </summary>
internal static unsafe class LibBpfLog
{
    private const int Debug = 2;

    [ThreadStatic]
    private static StringBuilder? s_text;

    [ThreadStatic]
    private static bool s_verbose;

    static LibBpfLog() => BpfApi.SetPrint(&Print);

    /// <summary>Runs the work and returns its result with everything libbpf said on this thread; debug messages only if asked for.</summary>
    internal static (T Result, string Text) Capture<T>(Func<T> work, bool verbose)
    {
        var text = s_text = new StringBuilder();
        s_verbose = verbose;
        try
        {
            return (work(), text.ToString());
        }
        finally
        {
            s_text = null;
        }
    }

    /// <summary>Makes libbpf silent on standard error from the first call on.</summary>
    internal static void Install() => RuntimeHelpers.RunClassConstructor(typeof(LibBpfLog).TypeHandle);

    // In every Linux ABI that .NET has, a va_list parameter is one pointer. It can be walked only once, so the text can't be measured
    // first (a verifier's log can have 16 MB): vasprintf allocates what it needs.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, void* arguments)
    {
        if (s_text is not { } text || (level == Debug && !s_verbose)) return 0;
        byte* message;
        if (Libc.VASPrintF(&message, format, arguments) < 0) return 0;
        text.Append(Marshal.PtrToStringUTF8((nint)message));
        Libc.Free(message);
        return 0;
    }
}

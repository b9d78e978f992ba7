using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Codegen;
using Ktap.Compiler.Ir;

namespace Ktap.Runtime.Tests.Codegen;

/// <summary>
/// A program given as instructions, loaded and run by bpf(2) itself: what the code generator makes is tried on the kernel without
/// anything between.
/// </summary>
internal sealed unsafe class KernelProgram : IDisposable
{
    private const int SysBpf = 321, MapCreate = 0, ProgLoad = 5, ProgTestRun = 10; // x86-64's number; others share 280
    private readonly int _fd;

    private KernelProgram(int fd) => _fd = fd;

    private static long BpfCall => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? SysBpf : 280;

    /// <summary>Loads a raw tracepoint program, with shared memory of nothing but the control block; the exception has the verifier's log.</summary>
    public static KernelProgram Load(GeneratedFunction function)
    {
        var code = function.Instructions.ToArray();
        var memory = NewMemory();
        foreach (var place in function.Relocations.OfType<CodeRelocation.Data>())
        {
            code[place.Index + 1] = code[place.Index + 1] with { Immediate = code[place.Index].Immediate };
            code[place.Index] = code[place.Index] with { Src = (BpfRegister)BpfPseudo.MapValue, Immediate = memory };
        }
        var loaded = Load(code);
        Close(memory); // the program holds it
        return loaded;
    }

    private static KernelProgram Load(BpfInstruction[] code)
    {
        var bytes = BpfInstruction.Encode(code, BitConverter.IsLittleEndian ? ByteOrder.Little : ByteOrder.Big);
        var fd = TryLoad(bytes, []);
        if (fd >= 0) return new KernelProgram(fd);
        var log = new byte[1 << 20];
        fd = TryLoad(bytes, log);
        if (fd >= 0) return new KernelProgram(fd);
        var errno = Marshal.GetLastPInvokeError();
        throw new InvalidOperationException($"the kernel refuses the program: errno {errno}\n{Encoding.UTF8.GetString(log).TrimEnd('\0')}\n{Disassembler.Print(code)}");
    }

    /// <summary>Runs it once, its context being the arguments; gives what it returned.</summary>
    public uint Run(ReadOnlySpan<ulong> arguments)
    {
        fixed (ulong* context = arguments)
        {
            var attr = stackalloc byte[80];
            new Span<byte>(attr, 80).Clear();
            *(int*)attr = _fd;
            *(int*)(attr + 40) = arguments.Length * 8; // ctx_size_in
            *(ulong*)(attr + 48) = (ulong)context;
            if (Syscall(BpfCall, ProgTestRun, attr, 80) < 0) throw new InvalidOperationException($"BPF_PROG_TEST_RUN: errno {Marshal.GetLastPInvokeError()}");
            return *(uint*)(attr + 4);
        }
    }

    public void Dispose() => Close(_fd);

    private static int TryLoad(ReadOnlySpan<byte> code, Span<byte> log)
    {
        fixed (byte* instructions = code, buffer = log, license = "GPL\0"u8)
        {
            var attr = stackalloc byte[128];
            new Span<byte>(attr, 128).Clear();
            *(int*)attr = (int)BpfProgramType.RawTracepoint;
            *(int*)(attr + 4) = code.Length / BpfInstruction.Size;
            *(ulong*)(attr + 8) = (ulong)instructions;
            *(ulong*)(attr + 16) = (ulong)license;
            *(int*)(attr + 24) = log.IsEmpty ? 0 : 1;
            *(int*)(attr + 28) = log.Length;
            *(ulong*)(attr + 32) = (ulong)buffer;
            return (int)Syscall(BpfCall, ProgLoad, attr, 128);
        }
    }

    private static int NewMemory()
    {
        var attr = stackalloc byte[80];
        new Span<byte>(attr, 80).Clear();
        var words = new Span<int>(attr, 4);
        (words[0], words[1], words[2], words[3]) = ((int)BpfMapType.Array, 4, ControlBlock.Size, 1);
        var fd = (int)Syscall(BpfCall, MapCreate, attr, 80);
        return fd >= 0 ? fd : throw new InvalidOperationException($"BPF_MAP_CREATE: errno {Marshal.GetLastPInvokeError()}");
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern long Syscall(long number, long command, byte* attr, long size);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int fd);
}

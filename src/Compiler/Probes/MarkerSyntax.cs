namespace Ktap.Compiler.Probes;

/// <summary>
/// How the assembler of an architecture writes the operands that notes of static markers hold (SystemTap's <c>sys/sdt.h</c> passes them on as they are). The registers
/// are named as the kernel names those of <c>struct pt_regs</c>, each with its bytes.
/// </summary>
public sealed record MarkerSyntax(string Architecture, int WordSize, IReadOnlyDictionary<string, MarkerPlace.Register> Registers)
{
    // Parts of x86-64's registers: rax, eax, ax, al, ah. Those from r8 on have r8, r8d, r8w, r8b.
    private static readonly string[] LettersOfX64 = ["ax", "bx", "cx", "dx"], PointersOfX64 = ["si", "di", "bp", "sp"];

    private static readonly MarkerSyntax[] All =
    [
        new("x86_64", 8, X64()) { ConstantMark = "$", FloatingPrefixes = ["%xmm", "%ymm", "%zmm", "%st", "%mm", "%k"] },
        new("aarch64", 8, Arm64()) { HasBrackets = true, ConstantMark = "#", FloatingPrefixes = ["v", "q", "d", "s", "h", "b"] },
        new("armv7l", 4, Arm()) { HasBrackets = true, ConstantMark = "#", FloatingPrefixes = ["s", "d", "q"] },
        new("ppc64le", 8, PowerPc()) { ConstantMark = "i", NumbersAreRegisters = true, FloatingPrefixes = ["%f", "%v", "f", "v"] },
    ];

    /// <summary>What stands before a constant.</summary>
    public string ConstantMark { get; private init; } = "";

    /// <summary>Whether places in memory stand in brackets, <c>[sp, 60]</c>; else in parentheses, <c>60(%rsp)</c>.</summary>
    public bool HasBrackets { get; private init; }

    /// <summary>Whether a number alone is a register.</summary>
    public bool NumbersAreRegisters { get; private init; }

    private string[] FloatingPrefixes { get; init; } = [];

    /// <summary>The syntax of an architecture, as <c>uname -m</c> names it; null where it isn't known.</summary>
    public static MarkerSyntax? For(string architecture) => All.FirstOrDefault(s => s.Architecture == (architecture == "ppc64" ? "ppc64le" : architecture));

    /// <summary>The register of a name as the assembler has it; of 0 bytes where it is always zero, null where there is none.</summary>
    public MarkerPlace.Register? Register(string name) => Registers.GetValueOrDefault(name);

    /// <summary>Whether a name is that of a register for floating-point numbers or vectors.</summary>
    public bool IsFloating(string name) => FloatingPrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal) && name.Length <= p.Length + 2 && name.AsSpan(p.Length).IndexOfAnyExceptInRange('0', '9') < 0);

    private static Dictionary<string, MarkerPlace.Register> X64()
    {
        var registers = new Dictionary<string, MarkerPlace.Register> { ["%rip"] = new("ip", 8), ["%eip"] = new("ip", 4) };
        void Add(string whole, params ReadOnlySpan<(string Name, int Size, int Shift)> parts)
        {
            foreach (var (name, size, shift) in parts) registers["%" + name] = new MarkerPlace.Register(whole, size, shift);
        }
        foreach (var name in LettersOfX64) Add(name, ("r" + name, 8, 0), ("e" + name, 4, 0), (name, 2, 0), (name[0] + "l", 1, 0), (name[0] + "h", 1, 8));
        foreach (var name in PointersOfX64) Add(name, ("r" + name, 8, 0), ("e" + name, 4, 0), (name, 2, 0), (name + "l", 1, 0));
        for (var i = 8; i < 16; i++) Add($"r{i}", ($"r{i}", 8, 0), ($"r{i}d", 4, 0), ($"r{i}w", 2, 0), ($"r{i}b", 1, 0));
        return registers;
    }

    private static Dictionary<string, MarkerPlace.Register> Arm64()
    {
        var registers = new Dictionary<string, MarkerPlace.Register> { ["sp"] = new("sp", 8), ["wsp"] = new("sp", 4), ["xzr"] = new("xzr", 0), ["wzr"] = new("xzr", 0) };
        for (var i = 0; i < 31; i++) (registers[$"x{i}"], registers[$"w{i}"]) = (new($"x{i}", 8), new($"x{i}", 4));
        return registers;
    }

    private static Dictionary<string, MarkerPlace.Register> Arm()
    {
        string[] names = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "fp", "ip", "sp", "lr", "pc"];
        var registers = new Dictionary<string, MarkerPlace.Register> { ["sl"] = new("r10", 4) };
        for (var i = 0; i < names.Length; i++) registers[$"r{i}"] = registers[names[i]] = new(names[i], 4);
        return registers;
    }

    private static Dictionary<string, MarkerPlace.Register> PowerPc()
    {
        var registers = new Dictionary<string, MarkerPlace.Register>();
        for (var i = 0; i < 32; i++) registers[$"{i}"] = registers[$"r{i}"] = registers[$"%r{i}"] = new($"gpr{i}", 8);
        return registers;
    }
}

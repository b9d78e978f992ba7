namespace Ktap.Compiler.Types;

/// <summary>A program or library of user space, as far as probes need it; what is in it is read when it is asked for.</summary>
public abstract class UserFile
{
    /// <summary>The path, as the traced processes see it.</summary>
    public abstract string Path { get; }

    /// <summary>The path by which this process reaches it: another one where a traced process has a root of its own.</summary>
    public abstract string Place { get; }

    /// <summary>The name without folders: the group of its probes.</summary>
    public string ShortName => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Whether its functions have been taken out of it, and no file with them was found: only those that others link to are left.</summary>
    public abstract bool IsStripped { get; }

    /// <summary>Its functions, by address; of several at one address the best name comes first.</summary>
    public abstract IReadOnlyList<UserFunction> Functions { get; }

    /// <summary>Its static markers (<c>.note.stapsdt</c>), in the order of the file.</summary>
    public abstract IReadOnlyList<UserMarker> Markers { get; }

    /// <summary>Whether an instruction of a function begins so many bytes behind its beginning; null where that can't be told.</summary>
    public abstract bool? HasInstruction(UserFunction function, ulong distance);

    /// <summary>The address of something that a marker's operands name, in the file's own numbering; null where the file has no such symbol.</summary>
    public abstract ulong? SymbolAddress(string name);

    /// <summary>How people write a C++ or Rust symbol: <c>std::foo(int)</c>; null for one that isn't mangled, or where nothing here can read it.</summary>
    public abstract string? Demangle(string symbol);
}

/// <summary>A function of a <see cref="UserFile"/>.</summary>
/// <param name="Name">Its symbol, without a version.</param>
/// <param name="Version">The version of a symbol that isn't the one programs are linked to today (<c>GLIBC_2.2.5</c>), or null.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Size">Its bytes; 0 where the file doesn't say.</param>
/// <param name="Kind">What the symbol stands for.</param>
public sealed record UserFunction(string Name, string? Version, ulong Offset, ulong Size, FunctionKind Kind);

/// <summary>What a symbol of code stands for.</summary>
public enum FunctionKind
{
    /// <summary>A function.</summary>
    Function,

    /// <summary>A place in hand-written code, which may be a function.</summary>
    Label,

    /// <summary>Code that is run once in a process, to choose the function (STT_GNU_IFUNC).</summary>
    Indirect,
}

/// <summary>A static marker of a <see cref="UserFile"/>: one place where it fires.</summary>
/// <param name="Provider">What it belongs to.</param>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Where it is in the file.</param>
/// <param name="Address">The same in the file's own numbering of memory.</param>
/// <param name="Semaphore">Where in the file the counter is that tells the program that it is traced, or 0.</param>
/// <param name="Arguments">Where its arguments are, as the assembler wrote it: <c>-4@%eax 8@-16(%rbp)</c>.</param>
public sealed record UserMarker(string Provider, string Name, ulong Offset, ulong Address, ulong Semaphore, string Arguments);

/// <summary>What came of looking for a program or library.</summary>
public abstract record UserFileSearch
{
    private UserFileSearch()
    {
    }

    /// <summary>It is there.</summary>
    public sealed record Found(UserFile File) : UserFileSearch;

    /// <summary>It isn't, or is of no use: a sentence without its end, and what to do.</summary>
    public sealed record Failed(string Why, string? Hint) : UserFileSearch;
}

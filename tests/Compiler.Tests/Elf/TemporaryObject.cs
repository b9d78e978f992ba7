using Ktap.Compiler.Elf;

namespace Ktap.Compiler.Tests.Elf;

/// <summary>An object in a file of its own, for as long as a test wants it.</summary>
public sealed class TemporaryObject : IDisposable
{
    public TemporaryObject(ElfObject source)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"ktap-test-{Guid.NewGuid():N}.bpf.o");
        File.WriteAllBytes(Path, ElfObjectWriter.Write(source));
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}

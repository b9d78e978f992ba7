namespace Ktap.Runtime.Tests.Machine;

/// <summary>A tracefs instance of a test's own: the kernel's own text for events, without disturbing anybody.</summary>
internal sealed class TraceInstance : IDisposable
{
    private readonly string _path;

    public TraceInstance(string traceFs)
    {
        _path = $"{traceFs}/instances/ktap-test-{Environment.ProcessId}";
        Directory.CreateDirectory(_path);
        Write("tracing_on", "0");
    }

    public void Write(string file, string text) => File.WriteAllText($"{_path}/{file}", text);

    public void Enable(string e) => Write($"events/{e}/enable", "1");

    public string[] Trace() => [.. File.ReadAllLines(_path + "/trace").Where(l => !l.StartsWith('#'))];

    public void Dispose()
    {
        Write("events/enable", "0");
        Directory.Delete(_path);
    }
}

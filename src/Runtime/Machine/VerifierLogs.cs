namespace Ktap.Runtime.Machine;

/// <summary>Finds the verifier's text in what libbpf prints: "libbpf: prog 'NAME': -- BEGIN PROG LOAD LOG --", lines, "-- END PROG LOAD LOG --".</summary>
internal static class VerifierLogs
{
    private const string Begin = "-- BEGIN PROG LOAD LOG --\n", End = "-- END PROG LOAD LOG --";
    private const string Failed = "': BPF program load failed";

    /// <summary>All of them, one after the other.</summary>
    internal static string In(string log)
    {
        var all = new System.Text.StringBuilder();
        for (var at = 0; (at = log.IndexOf(Begin, at, StringComparison.Ordinal)) >= 0;)
        {
            at += Begin.Length;
            var end = log.IndexOf(End, at, StringComparison.Ordinal);
            all.Append(log, at, (end < 0 ? log.Length : end) - at);
        }
        return all.ToString();
    }

    /// <summary>The name of the program that libbpf says could not be loaded, or null.</summary>
    internal static string? FailedProgram(string log)
    {
        var at = log.IndexOf(Failed, StringComparison.Ordinal);
        if (at < 0) return null;
        var start = log.LastIndexOf('\'', at - 1) + 1;
        return log[start..at];
    }
}

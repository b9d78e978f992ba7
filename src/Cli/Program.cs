using Ktap.Cli;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Runtime;
using Ktap.Runtime.Listing;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Rendering;
using Microsoft.Win32.SafeHandles;

const int UsageError = 2, MachineError = 3, InternalError = 70;

using var standardError = new SafeFileHandle(2, ownsHandle: false);
var messages = new OutputBuffer(standardError);
try
{
    return CommandLine.Parse(args) switch
    {
        Request.Help => Print(CommandLine.Help),
        Request.Version => Print($"ktap {ProductVersion.Text}\n"),
        Request.List list => List(list, messages),
        Request.Run run => Run(run, messages),
        _ => throw new InvalidOperationException("a request without a command"),
    };
}
catch (UsageException e)
{
    messages.Write($"ktap: {e.Message}\nktap: 'ktap --help' lists the options\n");
    messages.Flush();
    return UsageError;
}
catch (KtapException e)
{
    new DiagnosticRenderer(colours: false).Write(messages, e);
    messages.Flush();
    return MachineError;
}
catch (Exception e)
{
    messages.Write($"ktap: internal error: {e.Message}\nktap: this is a fault of ktap: please report the script, with what 'ktap --dump ir' prints\n");
    if (Environment.GetEnvironmentVariable("KTAP_DEBUG") is not null) messages.Write(e + "\n");
    messages.Flush();
    return InternalError;
}

static int Run(Request.Run run, OutputBuffer messages)
{
    var options = run.Configure(new SessionOptions(Read(run.Script), []));
    using var handle = Output(options.OutputFile);
    var isTerminal = options.OutputFile is null && OutputBuffer.IsTerminal(1);
    var output = new OutputBuffer(handle, isTerminal ? StringEscaping.Terminal : StringEscaping.None);
    using var machine = new LocalMachine();
    using var session = new Session(options, machine, output, messages);
    return session.Run();
}

static SafeFileHandle Output(string? file)
{
    if (file is null) return new SafeFileHandle(1, ownsHandle: false);
    try
    {
        return File.OpenHandle(file, FileMode.Create, FileAccess.Write);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        throw new UsageException($"can't write {file}: {e.Message}");
    }
}

static SourceText Read(ScriptSource script)
{
    if (script is ScriptSource.Text text) return SourceText.From(text.Script, text.Name);
    var path = ((ScriptSource.File)script).Path;
    try
    {
        if (path != "-") return new SourceText(path, File.ReadAllBytes(path));
        using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        var bytes = new MemoryStream();
        input.CopyTo(bytes);
        return new SourceText("stdin", bytes.ToArray());
    }
    catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
    {
        throw new UsageException($"there is no file {path}{(path.Contains(':') ? "; a script itself stands behind -e" : "")}");
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        throw new UsageException($"can't read {path}: {e.Message}");
    }
}

static int List(Request.List list, OutputBuffer messages)
{
    using var machine = new LocalMachine();
    var target = new LiveTarget(machine, new Ktap.Runtime.Symbols.KernelSymbols(() => machine.ReadFile("/proc/kallsyms")));
    using var handle = new SafeFileHandle(1, ownsHandle: false);
    var options = new ProbeOptions(null, new SessionOptions(SourceText.From(""), []).StringLength, new CTypes(() => target)) { Processes = list.Pids, TargetPid = list.Pids.FirstOrDefault() };
    var listing = new EventListing(target, options, list.Details, new OutputBuffer(handle, OutputBuffer.IsTerminal(1) ? StringEscaping.Terminal : StringEscaping.None));
    switch (list.What)
    {
        case Listed.Specs specs:
            return Show(listing.Write(specs.Text), messages);
        case Listed.File file:
            return Show(listing.WriteFile(file.Kind, file.Name), messages);
        default:
            listing.WriteAll();
            return 0;
    }
}

static int Show(IReadOnlyList<Diagnostic> diagnostics, OutputBuffer messages)
{
    new DiagnosticRenderer(colours: OutputBuffer.IsTerminal(2)).Write(messages, diagnostics);
    messages.Flush();
    return diagnostics.Any(d => d.Severity == Severity.Error) ? 1 : 0;
}

static int Print(string text)
{
    using var handle = new SafeFileHandle(1, ownsHandle: false);
    var output = new OutputBuffer(handle);
    output.Write(text);
    output.Flush();
    return 0;
}

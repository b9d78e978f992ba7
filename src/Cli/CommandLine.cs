using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using Ktap.Compiler.Lowering;
using Ktap.Runtime;

namespace Ktap.Cli;

/// <summary>A wrong command line, or a file that can't be read: exit status 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>
/// The command line (language §11). Options come before FILE; what follows it belongs to the script, and what follows <c>--</c> is the
/// command to trace: both are cut off by hand, so that System.CommandLine never sees them.
/// </summary>
internal sealed class CommandLine
{
    private readonly Option<string?> _script = new("-e") { Description = "the script itself, instead of a file", HelpName = "SCRIPT" };
    private readonly Option<string?> _output = new("-o") { Description = "write to a file instead of standard output", HelpName = "FILE" };
    private readonly Option<string?> _pids = new("-p") { Description = "only these processes, separated by commas", HelpName = "PID" };
    private readonly Option<string?> _cpu = new("-C") { Description = "only this processor", HelpName = "CPU" };
    private readonly Option<string?> _cgroup = new("--cgroup") { Description = "only what runs in or under this cgroup of cgroup2", HelpName = "PATH" };
    private readonly Option<bool> _timestamps = new("-T") { Description = "begin the output of handlers with the time" };
    private readonly Option<bool> _version = new("-V", "--version") { Description = "print the version" };
    private readonly Option<bool> _verbose = new("-v") { Description = "say what is done, and why something is left out" };
    private readonly Option<bool> _quiet = new("-q") { Description = "don't say that tracing has begun" };
    private readonly Option<bool> _dryRun = new("-d") { Description = "compile, load and verify; attach nothing" };
    private readonly Option<string?> _event = new("-s") { Description = "just print this event", HelpName = "EVENT" };
    private readonly Option<bool> _code = new("-b") { Description = "list the byte code: the eBPF instructions, beside the source" };
    private readonly Option<bool> _list = new("-le") { Description = "list the events that match, or all: -le 'sched:*'; with -v their arguments" };
    private readonly Option<string?> _functions = new("-lf") { Description = "list the functions of a program or library", HelpName = "DSO" };
    private readonly Option<string?> _markers = new("-lm") { Description = "list the static markers of a program or library", HelpName = "DSO" };
    private readonly Option<string?> _argumentBase = new("--arg-base") { Description = "number the fields of events as release 0.5 (0) or 0.3 and 0.4 (1) did", HelpName = "N" };
    private readonly Option<string?> _maxLoop = new("--max-loop") { Description = "how often a loop may go round (100000000)", HelpName = "N" };
    private readonly Option<string?> _maxEntries = new("--max-entries") { Description = "slots of a table in the kernel (10240)", HelpName = "N" };
    private readonly Option<string?> _stringLength = new("--strlen") { Description = "the most bytes of a string in handlers (256)", HelpName = "N" };
    private readonly Option<bool> _strict = new("--strict") { Description = "errors counted in handlers make the exit status 1" };
    private readonly Option<bool> _unsafe = new("--unsafe") { Description = "allow what changes the system: send_signal, system" };
    private readonly Option<bool> _self = new("--self") { Description = "include ktap's own events in what handlers send" };
    private readonly Option<string?> _dump = new("--dump") { Description = "print a stage of the compilation and stop: ast, passes, ir, bpf, btf, elf", HelpName = "STAGE" };
    private readonly Option<bool> _help = new("-h", "--help") { Description = "print this" };
    private readonly Argument<string[]> _rest = new("rest") { Arity = ArgumentArity.ZeroOrMore };

    // As many processors as Linux can have (NR_CPUS), and the memory that handlers get beside the stack on each, 32 KiB.
    private const int MostCpus = 8191, MostStringLength = 32_768;

    private Option[] Options =>
    [
        _script, _output, _pids, _cpu, _timestamps, _version, _verbose, _quiet, _dryRun, _event, _code, _list, _functions, _markers,
        _cgroup, _argumentBase, _maxLoop, _maxEntries, _stringLength, _strict, _unsafe, _self, _dump, _help,
    ];

    /// <summary>What to do.</summary>
    public static Request Parse(string[] arguments) => new CommandLine().Read(arguments);

    /// <summary>The text of <c>--help</c>.</summary>
    public static string Help => new CommandLine().HelpText();

    private Request Read(string[] arguments)
    {
        var separator = Array.IndexOf(arguments, "--");
        var command = separator < 0 ? [] : arguments[(separator + 1)..];
        var own = separator < 0 ? arguments : arguments[..separator];
        if (separator >= 0 && command.Length == 0) throw new UsageException("after '--' stands the command to trace, and there is none");
        var verb = own.Length > 0 && own[0] is "run" or "build" or "list" ? own[0] : "run";
        if (own.Length > 0 && own[0] == verb) own = own[1..];
        var split = FirstPositional(own, verb);
        CheckOptions(own.AsSpan(..split));
        var parsed = ParseOptions(own[..split]);
        var rest = own[split..];

        if (parsed.GetValue(_help)) return new Request.Help();
        if (parsed.GetValue(_version)) return new Request.Version();
        if (parsed.GetValue(_functions) is { } functions) return Listing(new Listed.File("probe", functions), parsed);
        if (parsed.GetValue(_markers) is { } markers) return Listing(new Listed.File("sdt", markers), parsed);
        if (verb == "list" || parsed.GetValue(_list)) return Listing(rest.Length > 0 ? new Listed.Specs(string.Join(",", rest)) : new Listed.All(), parsed);
        return new Request.Run(ScriptOf(parsed, verb, ref rest), session => session with
        {
            Arguments = [.. rest],
            Command = [.. command],
            Pids = Pids(parsed.GetValue(_pids)),
            Cpu = (int?)Number(parsed, _cpu, 0, MostCpus),
            Cgroup = parsed.GetValue(_cgroup),
            Timestamps = parsed.GetValue(_timestamps),
            Verbose = parsed.GetValue(_verbose),
            Quiet = parsed.GetValue(_quiet),
            DryRun = parsed.GetValue(_dryRun),
            Self = parsed.GetValue(_self),
            Unsafe = parsed.GetValue(_unsafe),
            Strict = parsed.GetValue(_strict),
            ArgumentBase = (int?)Number(parsed, _argumentBase, 0, 1),
            MaxLoop = Number(parsed, _maxLoop, 1, long.MaxValue) ?? session.MaxLoop,
            MaxEntries = (int)(Number(parsed, _maxEntries, 1, MapMemory.MostEntries) ?? session.MaxEntries),
            StringLength = (int)(Number(parsed, _stringLength, 1, MostStringLength) ?? session.StringLength),
            OutputFile = verb == "build" ? null : parsed.GetValue(_output),
            ObjectFile = verb == "build" ? parsed.GetValue(_output) ?? throw new UsageException("'ktap build FILE -o x.bpf.o' writes an object: say which file") : null,
            Dump = parsed.GetValue(_code) ? DumpStage.Code : Stage(parsed.GetValue(_dump)),
        });
    }

    private Request.List Listing(Listed what, ParseResult parsed) => new(what, parsed.GetValue(_verbose), Pids(parsed.GetValue(_pids)));

    // Options end at the first word that is neither one nor the value of one; with -e there is no FILE, but the script's arguments
    // begin there all the same. Where no script runs that could have arguments, options may stand on both sides of the others.
    private int FirstPositional(string[] words, string verb)
    {
        var flags = Options.Where(o => o.ValueType == typeof(bool)).SelectMany(o => o.Aliases.Append(o.Name)).ToHashSet();
        if (verb is "build" or "list" || words.Contains(_list.Name))
        {
            var (options, others) = (new List<string>(), new List<string>());
            for (var i = 0; i < words.Length; i++)
            {
                var isOption = words[i].StartsWith('-') && words[i].Length > 1;
                (isOption ? options : others).Add(words[i]);
                if (isOption && !flags.Contains(words[i]) && !words[i].Contains('=') && i + 1 < words.Length) options.Add(words[++i]);
            }
            options.Concat(others).ToArray().CopyTo(words, 0);
            return options.Count;
        }
        var at = 0;
        while (at < words.Length && words[at].StartsWith('-') && words[at].Length > 1) at += flags.Contains(words[at]) || words[at].Contains('=') ? 1 : 2;
        return Math.Min(at, words.Length);
    }

    // Before anything is taken for the value of an option that isn't there.
    private void CheckOptions(ReadOnlySpan<string> words)
    {
        for (var i = 0; i < words.Length && words[i].StartsWith('-') && words[i].Length > 1; i++)
        {
            var name = words[i].Split('=')[0];
            var option = Array.Find(Options, o => o.Name == name || o.Aliases.Contains(name)) ?? throw new UsageException($"there is no option '{name}'{Instead(name)}");
            if (option.ValueType != typeof(bool) && name == words[i]) i++;
        }
    }

    // What bpftrace's users reach for.
    private static string Instead(string option) => option switch
    {
        "-l" => ": 'ktap list EVENTS' lists events",
        "-lv" => ": 'ktap list -v EVENTS' lists events with their arguments",
        "-c" => ": the command to trace stands at the end, behind '--'",
        _ => "",
    };

    private ParseResult ParseOptions(string[] words)
    {
        var command = new Command("ktap") { TreatUnmatchedTokensAsErrors = true };
        foreach (var option in Options) command.Options.Add(option);
        command.Arguments.Add(_rest);
        var parsed = command.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Errors.Count > 0) throw new UsageException(Lower(parsed.Errors[0].Message));
        if (parsed.GetValue(_rest) is [var unknown, ..]) throw new UsageException($"there is no option '{unknown}'");
        return parsed;
    }

    private static string Lower(string message) => char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');

    private ScriptSource ScriptOf(ParseResult parsed, string verb, ref string[] rest)
    {
        if (parsed.GetValue(_event) is { } name) return new ScriptSource.Text("-s", $"trace {name} {{ print(argstr) }}");
        if (parsed.GetValue(_script) is { } text) return new ScriptSource.Text("-e", text);
        if (rest.Length == 0) throw new UsageException($"which script? 'ktap {verb} FILE', or 'ktap -e SCRIPT'");
        var file = rest[0];
        rest = rest[1..];
        return new ScriptSource.File(file);
    }

    private static ImmutableArray<int> Pids(string? text) => text is null ? [] :
    [
        .. text.Split(',').Select(p => int.TryParse(p, out var pid) && pid > 0 ? pid : throw new UsageException($"'{p}' is no process id")),
    ];

    private static long? Number(ParseResult parsed, Option<string?> option, long least, long most)
    {
        if (parsed.GetValue(option) is not { } text) return null;
        if (long.TryParse(text, out var number) && number >= least && number <= most) return number;
        throw new UsageException($"{option.Name} takes a number from {least}{(most == long.MaxValue ? "" : $" to {most}")}, and '{text}' is none");
    }

    private static DumpStage? Stage(string? name) => name switch
    {
        null => null,
        "ast" => DumpStage.Ast,
        "passes" => DumpStage.Passes,
        "ir" => DumpStage.Ir,
        "bpf" => DumpStage.Bpf,
        "btf" => DumpStage.Btf,
        "elf" => DumpStage.Elf,
        _ => throw new UsageException($"there is no stage '{name}': ast, passes, ir, bpf, btf, elf"),
    };

    private string HelpText()
    {
        var rows = Options.Select(o => $"  {string.Join(", ", o.Aliases.Prepend(o.Name)) + (o.HelpName is null ? "" : " " + o.HelpName),-20} {o.Description}");
        return $"""
            ktap - trace Linux with a small language

            usage: ktap run [options] FILE [script arguments] [-- COMMAND ...]
                   ktap [options] -e SCRIPT [script arguments] [-- COMMAND ...]
                   ktap build FILE -o x.bpf.o
                   ktap list [-v] [EVENTS ...]

              ktap -e 'trace syscalls:sys_enter_* {"{ s[probename] += 1 }"}'
              ktap -e 'trace skb:kfree_skb < s[arg2] += 1 >'

            options:
            {string.Join("\n", rows)}

            """;
    }
}

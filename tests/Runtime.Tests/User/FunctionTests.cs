using static Ktap.Runtime.Tests.User.UserScript;

namespace Ktap.Runtime.Tests.User;

/// <summary>Probes on functions of a program, by each of the ways in which kernels attach them.</summary>
public sealed class FunctionTests
{
    public static TheoryData<string> Ways => Kernels;

    [Theory]
    [MemberData(nameof(Ways))]
    public void EveryCallIsCounted(string kernel) =>
        Assert.Equal(["1234"], Lines("trace probe:PROGRAM:negate { n += 1 } trace_end { print(n) }", ["negate", "1234"], kernel));

    [Theory]
    [MemberData(nameof(Ways))]
    public void ArgumentsAreThoseOfTheAbi(string kernel) => Assert.Equal(
        ["1\t-2\t3\t4\t5\t6\t7\t8\t-9", "0\t-2\t3\t4\t5\t6\t7\t8\t-9"],
        Lines("trace uprobe:PROGRAM:nine { print(arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8, arg9) }", ["nine", "2"], kernel));

    [Theory]
    [MemberData(nameof(Ways))]
    public void ReturnsHaveTheirValue(string kernel) => Assert.Equal(
        ["23\ttrue", "22\ttrue"], Lines("trace probe:PROGRAM:nine%return { print(retval, arg1 == retval) }", ["nine", "2"], kernel));

    [Fact]
    public void AnotherSpellingOfReturns() =>
        Assert.Equal(["0", "-1", "-2"], Lines("trace uretprobe:PROGRAM:negate { print(cast(\"int\", retval)) }", ["negate", "3"]));

    [Theory]
    [MemberData(nameof(Ways))]
    public void AGlobTellsItsFunctionsApart(string kernel) => Assert.Equal(["7\t14\t21\tktap-calls"], Lines(
        "trace probe:PROGRAM:step_* { s[probename] += 1 g = probegroup } trace_end { print(s.step_one, s.step_two, s.step_three, g) }", ["steps", "7"], kernel));

    [Theory]
    [MemberData(nameof(Ways))]
    public void EntriesAndReturnsAreTwoEvents(string kernel) => Assert.Equal(["5\t5"], Lines(
        "trace probe:PROGRAM:negate { a += 1 } trace probe:PROGRAM:negate%return { b += 1 } trace_end { print(a, b) }", ["negate", "5"], kernel));

    // Its first instruction has two bytes: mov %edi,%eax.
    [Fact]
    public void AnOffsetIsAnInstructionInTheFunction() =>
        Assert.Equal(["3\ttrue"], Lines("""
            trace probe:PROGRAM:negate { from = arg0 }
            trace probe:PROGRAM:negate+0x2 { n += 1 last = probename to = arg0 }
            trace_end { print(n, last == "negate+0x2" and to == from + 2) }
            """, ["negate", "3"]));

    [Fact]
    public void AliasesAreProbedOnceUnderTheBestName() => Assert.Equal(["20\t1", "twice"], Lines(
        "trace probe:PROGRAM:*twice { s[probename] += 1 } trace_end { print(s.twice, len(s)) for (k in pairs(s)) print(k) }", ["twice", "10"]));

    [Fact]
    public void AnAliasIsANameToo() => Assert.Equal(["20"], Lines("trace probe:PROGRAM:__twice { n += 1 } trace_end { print(n) }", ["twice", "10"]));

    [Fact]
    public void FetchArgumentsReadRegistersAndMemory() => Assert.Equal(["Ada\tAda\tdA", "Ada\tAda\tdA"], Lines(
        "trace probe:PROGRAM:greet name=+0(%di):ustring second=+1($arg1):char first=+0(%di):char { print(name, arg1, \"\" .. (second == 100 ? \"d\" : \"?\") .. (first == 65 ? \"A\" : \"?\")) }", ["greet", "2"]));

    [Fact]
    public void StringsOfTheProcess() => Assert.Equal(["Ada"], Lines("trace probe:PROGRAM:greet { print(user_string(arg1)) }", ["greet", "1"]));

    [Fact]
    public void EventsAsText()
    {
        Assert.Equal(["(greet)"], Lines("trace probe:PROGRAM:greet { print(argstr) }", ["greet", "1"]));
        Assert.Equal(["(<- negate) ret=0x0", "(<- negate) ret=0xffffffff"], Lines("trace probe:PROGRAM:negate%return { print(argstr) }", ["negate", "2"]));
        Assert.Equal(["(greet) name=\"Ada\" first=0x41"], Lines("trace probe:PROGRAM:greet name=+0(%di):ustring first=+0(%di):x8 { print(argstr) }", ["greet", "1"]));
        Assert.Equal(["(step_two)", "(step_three)"], Lines("trace probe:PROGRAM:step_two, probe:PROGRAM:step_three { print(argstr) }", ["steps", "1"])[..2]);
    }

    [Fact]
    public void CppFunctionsAreNamedAsTheyAreWritten()
    {
        Skip.Unless(File.Exists("/usr/lib/x86_64-linux-gnu/libstdc++.so.6"), "there is no C++ library to read mangled names");
        Assert.Equal(["shape::area(int, int)\t3"], Lines("trace \"probe:PROGRAM:shape::area(int, int)\" { n += 1 name = probename } trace_end { print(name, n) }", ["shape", "3"]));
        Assert.Equal(["3"], Lines("trace probe:PROGRAM:shape::area { n += 1 } trace_end { print(n) }", ["shape", "3"]));
        Assert.Equal(["3\t3"], Lines("trace probe:PROGRAM:shape::* { s[probename] += 1 } trace_end { print(s[\"shape::area(int, int)\"], s[\"shape::volume(int)\"]) }", ["shape", "3"]));
        Assert.Equal(["shape::volume(int)+0x0"], Lines("trace probe:PROGRAM:shape::volume { print(ustack(1)) }", ["shape", "1"]));
        Assert.Equal(["3"], Lines("trace probe:PROGRAM:_ZN5shape4areaEii { n += 1 } trace_end { print(n) }", ["shape", "3"]));
    }

    [Fact]
    public void UserStacksBeginAtTheFunction() => Assert.Equal(["true\t5"], Lines(
        "trace probe:PROGRAM:step_one { s[ustack()] += 1 } trace probe:PROGRAM:step_one { address = arg0 t[ustack(1)] += 1 } trace_end { for (k, n in pairs(t)) print(stringof(k) != \"\", n) }", ["steps", "5"]));

    [Fact]
    public void ALibraryByItsShortName() => Assert.Equal(["77"], Lines("trace probe:libc:malloc /arg1 == 1000/ { n += 1 } trace_end { print(n) }", ["malloc", "77"]));

    [Fact]
    public void PlacesInTheFileByOffset()
    {
        using var machine = new Ktap.Runtime.Machine.LocalMachine();
        var functions = machine.ReadFunctions(KnownCalls.Path);
        var symbol = functions.Functions.Symbols.Single(s => functions.Functions.NameOf(s) == "negate");
        var code = functions.Segments.Single(s => symbol.Start >= s.Address && symbol.Start - s.Address < s.Size);
        var offset = $"0x{symbol.Start - code.Address + code.Offset:x}";
        Assert.Equal([$"5\t{offset}"], Lines($"trace probe:PROGRAM:{offset} {{ n += 1 name = probename }} trace_end {{ print(n, name) }}", ["negate", "5"]));
    }

    [Fact]
    public void SymbolsThatWereMovedToAnotherFile()
    {
        Skip.Unless(File.Exists("/usr/bin/objcopy"), "needs objcopy");
        var folder = Directory.CreateTempSubdirectory("ktap-moved-");
        try
        {
            var (program, debug) = (Path.Combine(folder.FullName, "moved"), Path.Combine(folder.FullName, "moved.debug"));
            Objcopy("--only-keep-debug", KnownCalls.Path, debug);
            Objcopy("--strip-all", $"--add-gnu-debuglink={debug}", KnownCalls.Path, program);
            Assert.Equal(["5"], Lines($"trace probe:{program}:negate {{ n += 1 }} trace_end {{ print(n) }}", [], configure: o => o with { Command = [program, "negate", "5"] }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Also where no process has the program mapped before it starts.
    [Theory]
    [MemberData(nameof(Ways))]
    public void WhatTheKernelCantProbeIsSaid(string kernel)
    {
        Skip.Unless(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "the instruction is one of x86-64");
        var error = Assert.Throws<Ktap.Compiler.Diagnostics.KtapException>(() => Lines("trace probe:PROGRAM:locked { n += 1 }", ["locked", "3"], kernel));
        Assert.Equal("the kernel can't probe the instruction there, or there is a debugger's breakpoint", error.Hint);
        var (_, output, messages) = Run("trace probe:PROGRAM:*e*d { s[probename] += 1 } trace_end { print(s.locked, s.step_one) } trace probe:PROGRAM:step_one { s[probename] += 1 }", ["steps", "3"], f => f, o => o with { Verbose = true });
        Assert.Equal("nil\t3\n", output);
        Assert.Contains("left out 1 events that can't be attached:\nktap:   can't attach to locked of ", messages);
    }

    private static void Objcopy(params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start("objcopy", arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void MistakesAreSentences()
    {
        Assert.Contains("has no function 'negat'", Refused("trace probe:PROGRAM:negat { n += 1 }", "negate", "1"));
        Assert.Contains("the nearest that exist: negate", Refused("trace probe:PROGRAM:negat { n += 1 }", "negate", "1"));
        Assert.Contains("'chosen' of", Refused("trace probe:PROGRAM:chosen { n += 1 }", "chosen", "1"));
        Assert.Contains("IFUNC", Refused("trace probe:PROGRAM:chosen { n += 1 }", "chosen", "1"));
        Assert.Contains("there is no file /nowhere/at/all", Refused("trace probe:/nowhere/at/all:f { n += 1 }", "negate", "1"));
        Assert.Contains("there is no library or program 'nowhere'", Refused("trace probe:nowhere:f { n += 1 }", "negate", "1"));
        Assert.Contains("looked in /etc/ld.so.cache", Refused("trace probe:nowhere:f { n += 1 }", "negate", "1"));
        Assert.Contains("/etc/passwd is no program or library", Refused("trace probe:/etc/passwd:f { n += 1 }", "negate", "1"));
        Assert.Contains("doesn't say which function", Refused("trace probe:PROGRAM { n += 1 }", "negate", "1"));
        Assert.Contains("lies inside a function", Refused("trace probe:PROGRAM:negate+2%return { n += 1 }", "negate", "1"));
        Assert.Contains("'negate' has only", Refused("trace probe:PROGRAM:negate+0x1000 { n += 1 }", "negate", "1"));
        Assert.Contains("no instruction of 'negate' begins at 'negate+0x1'", Refused("trace probe:PROGRAM:negate+0x1 { n += 1 }", "negate", "1"));
        Assert.Contains("has no function 'negate': its symbols were taken out", Refused($"trace probe:{KnownCalls.Stripped}:negate {{ n += 1 }}", "negate", "1"));
    }
}

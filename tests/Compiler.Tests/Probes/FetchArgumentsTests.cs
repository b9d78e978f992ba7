using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Tests.Evaluation;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Probes;

/// <summary>The fetch arguments of function probes, as trees; and what is said of those that are none.</summary>
public class FetchArgumentsTests
{
    [Theory]
    [InlineData("%di", "register di")]
    [InlineData("dfd=%di flags=%dx:x64", "dfd = register di", "flags = register dx as hex 8")]
    [InlineData("a=%ax:u8 b=%bx:s16 c=%cx:u d=%dx:x e=%si:s", "a = register ax as u1", "b = register bx as s2", "c = register cx as u8", "d = register dx as hex 8", "e = register si as s8")]
    [InlineData("filename=+0(%si):string", "filename = [register si + 0] as string")]
    [InlineData("f=+u8(%si):ustring g=-16(+0x8(%di))", "f = [user register si + 8] as user string", "g = [[register di + 8] + -16]")]
    [InlineData("mode=+4($stack) top=$stack0 deep=$stack12", "mode = [stack + 4]", "top = stack word 0", "deep = stack word 12")]
    [InlineData("$arg1 a=$arg7", "parameter 1", "a = parameter 7")]
    [InlineData("$comm who=$COMM:string", "comm as string", "who = comm as string")]
    [InlineData("@jiffies j=@jiffies+8:u32 k=@jiffies-0x10 l=@0xffff8000:x32", "[36864 + 0]", "j = [36864 + 8] as u4", "k = [36864 + -16]", "l = [4294934528 + 0] as hex 4")]
    [InlineData("\\5 n=\\-1 x=\\0xff t=\\\"two words\"", "5", "n = -1", "x = 255", "t = 'two words' as string")]
    [InlineData("c=+0(%di):char s=%di:symbol", "c = [register di + 0] as char 1", "s = register di as symbol 8")]
    [InlineData("b=%di:b4@8/32 a=+0(%di):u32[3]", "b = register di as u4, bits 4 at 8", "a = [register di + 0] as u4[3]")]
    [InlineData("size p=+0(pos):s64", "size = named size", "p = [named pos + 0] as s8")]
    public void AreTrees(string text, params string[] expected)
    {
        var (arguments, diagnostics) = Parse(text);
        Assert.Equal("", diagnostics);
        Assert.Equal(expected, arguments);
    }

    [Theory]
    [InlineData("%zz", "KT0113 there is no register '%zz'", 8, 3)]
    [InlineData("a=%di b=%rdi", "KT0113 there is no register '%rdi'", 16, 4)]
    [InlineData("a=%di:u7", "KT0114 'u7' is not the type of a fetch argument", 14, 2)]
    [InlineData("9a=%di", "KT0111 '9a' can't name a fetch argument")]
    [InlineData("a=%di a=%si", "KT0112 there are two fetch arguments 'a'")]
    [InlineData("%di:u7", "KT0114 'u7' is not the type of a fetch argument")]
    [InlineData("%di:u32[0]", "KT0114 'u32[0]' is not the type of a fetch argument")]
    [InlineData("+0(%di):string[2]", "KT0114 'string[2]' is not the type of a fetch argument")]
    [InlineData("%di:b9@0/8", "KT0114 'b9@0/8' is not the type of a fetch argument")]
    [InlineData("%di:string", "KT0115 this value can't have the type 'string'")]
    [InlineData("%di:u32[2]", "KT0115 this value can't have the type 'u32[2]'")]
    [InlineData("$comm:u32", "KT0115 this value can't have the type 'u32'")]
    [InlineData("@nowhere", "KT0116 there is no symbol 'nowhere'")]
    [InlineData("$retval", "KT0117 there is no $retval here")]
    [InlineData("x=foo", "KT0118 the function has no parameter 'foo' that is known here")]
    [InlineData("$foo", "KT0110 '$foo' is not a fetch argument")]
    [InlineData("$arg0", "KT0110 '$arg0' is not a fetch argument")]
    [InlineData("+8%si", "KT0110 '+8%si' is not a fetch argument")]
    [InlineData("+8(%si", "KT0110 '+8(%si' is not a fetch argument")]
    [InlineData("+0($comm)", "KT0110 '+0($comm)' is not a fetch argument")]
    [InlineData("a=", "KT0110 'a=' is not a fetch argument")]
    [InlineData("\\abc", "KT0110 'abc' is not a fetch argument")]
    [InlineData("@0xffffffffffffffff1", "KT0110 '0xffffffffffffffff1' is not a fetch argument")]
    [InlineData("+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(%di)))))))))))))))))", "KT0110")]
    [InlineData("(a)", "KT0110 '(a)' is not a fetch argument")]
    public void MistakesAreToldWithTheirPlace(string text, string expected, int start = -1, int length = -1)
    {
        var diagnostics = new DiagnosticBag();
        var source = SourceText.From("trace f " + text);
        Parse(new LiteralEventSpec(new TextSpan(6, source.Length - 6), "f", text), source, diagnostics);
        var only = Assert.Single(diagnostics);
        Assert.StartsWith(expected, $"{only.Code} {only.Message}", StringComparison.Ordinal);
        Assert.NotNull(only.Hint);
        // Each is inside of the argument that is wrong.
        Assert.InRange(only.Span.Start, 8, source.Length - 1);
        if (start >= 0) Assert.Equal(new TextSpan(start, length), only.Span);
    }

    [Fact]
    public void OnReturnThereIsAResultAndNoParameter()
    {
        Assert.Equal(["fd = result"], Parse("fd=$retval", isReturn: true).Arguments);
        Assert.Equal("KT0117 there is no $arg1 here", Parse("$arg1", isReturn: true).Diagnostics);
    }

    private static (string[] Arguments, string Diagnostics) Parse(string text, bool isReturn = false)
    {
        var (diagnostics, source) = (new DiagnosticBag(), SourceText.From("trace f " + text));
        var arguments = Parse(new LiteralEventSpec(new TextSpan(6, source.Length - 6), "f", text), source, diagnostics, isReturn);
        return ([.. arguments.Select(Show)], string.Join('\n', diagnostics.Select(d => $"{d.Code} {d.Message}")));
    }

    private static IEnumerable<FetchArgument> Parse(LiteralEventSpec spec, SourceText source, DiagnosticBag diagnostics, bool isReturn = false)
    {
        var target = new FunctionTarget();
        var context = new FetchContext(target.Architecture.Registers, 8, isReturn, false, target.SymbolAddress) { Parameters = ["file", "size", "pos"] };
        return FetchArguments.Parse(spec, context, source, diagnostics);
    }

    private static string Show(FetchArgument argument) =>
        (argument.Name is { } name ? name + " = " : "") + Show(argument.Value) + Show(argument.Type);

    private static string Show(FetchType type)
    {
        if (type is { IsImplied: true, Kind: FetchKind.Number }) return "";
        var kind = type.Kind switch
        {
            FetchKind.Hexadecimal => $"hex {type.Size}",
            FetchKind.Character => $"char {type.Size}",
            FetchKind.Symbol => $"symbol {type.Size}",
            FetchKind.String => type.IsUser ? "user string" : "string",
            _ => (type.IsSigned ? "s" : "u") + type.Size,
        };
        return $" as {kind}" + (type.Bits.Width > 0 ? $", bits {type.Bits.Width} at {type.Bits.Offset}" : "") + (type.Count > 0 ? $"[{type.Count}]" : "");
    }

    private static string Show(FetchValue value) => value switch
    {
        FetchValue.Register r => "register " + r.Name,
        FetchValue.Result => "result",
        FetchValue.Stack => "stack",
        FetchValue.StackWord w => $"stack word {w.Index}",
        FetchValue.Parameter p => $"parameter {p.Number}",
        FetchValue.NamedParameter p => "named " + p.Name,
        FetchValue.TaskName => "comm",
        FetchValue.Constant c => $"{c.Value}",
        FetchValue.Text t => $"'{t.Value}'",
        FetchValue.Memory m => $"[{(m.IsUser ? "user " : "")}{Show(m.Address)} + {m.Offset}]",
        _ => "?",
    };
}

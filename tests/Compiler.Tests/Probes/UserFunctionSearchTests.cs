using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Probes;

/// <summary>Which functions of a file a spec names.</summary>
public sealed class UserFunctionSearchTests
{
    private static readonly File Example = new(
        F("malloc", 0x100, 0x40), F("__libc_malloc", 0x100, 0x40), F("mallopt", 0x140, 0x20),
        F("helper", 0x200, 0x10), F("helper", 0x300, 0x10), F("helper.cold", 0x400, 0x10),
        F("wait", 0x500, 8), F("wait", 0x600, 8, version: "V_1"), F("label", 0x700, 0, FunctionKind.Label),
        F("memcpy", 0x800, 8, FunctionKind.Indirect), F("memcpy", 0x900, 8, version: "V_1"), F("memcpy_ifunc", 0x800, 8), F("memset_plain", 0xa00, 8),
        F("_ZN1a1fEi", 0xb00, 8), F("_ZN1a1fEii", 0xc00, 8), F("_ZN1agEv", 0xd00, 8));

    [Theory]
    [InlineData("malloc", "malloc@100")]
    [InlineData("__libc_malloc", "__libc_malloc@100")]
    [InlineData("helper", "helper@200 helper@300")]
    [InlineData("wait", "wait@500 wait@600")]
    [InlineData("wait@V_1", "wait@600")]
    [InlineData("wait@@V_2", "wait@500")]
    [InlineData("label", "label@700")]
    [InlineData("malloc+0x10", "malloc+0x10@110")]
    [InlineData("malloc+16", "malloc+16@110")]
    [InlineData("malloc+0x3", "")]
    [InlineData("0x124", "0x124@124")]
    [InlineData("0x123", "")]
    [InlineData("0x900123", "0x900123@900123")]
    [InlineData("mallo?", "malloc@100")]
    [InlineData("*malloc", "malloc@100")]
    [InlineData("h*", "helper@200 helper@300")]
    [InlineData("lab*", "")]
    [InlineData("nothing", "")]
    [InlineData("a::f(int)", "a::f(int)@b00")]
    [InlineData("a::f(int, int)", "a::f(int, int)@c00")]
    [InlineData("a::f", "a::f(int)@b00 a::f(int, int)@c00")]
    [InlineData("a::*", "a::f(int)@b00 a::f(int, int)@c00 a::g() const@d00")]
    [InlineData("a::g() const", "a::g() const@d00")]
    [InlineData("a::g", "a::g() const@d00")]
    [InlineData("_ZN1a1fEi", "a::f(int)@b00")]
    public void Places(string where, string expected) =>
        Assert.Equal(expected, string.Join(' ', UserFunctionSearch.In(Example, where).Places.Select(p => $"{p.Name}@{p.Offset:x}")));

    [Fact]
    public void WhatIsChosenAtTheStartHasNoPlace()
    {
        Assert.True(UserFunctionSearch.In(Example, "memcpy") is { IsIndirect: true, Places.Count: 0 });
        Assert.True(UserFunctionSearch.In(Example, "mem*") is { IsIndirect: false, LeftOut: 2, Places: [("memset_plain", 0xa00)] });
    }

    [Fact]
    public void AnOffsetStaysInsideItsFunction() => Assert.Equal("malloc", UserFunctionSearch.In(Example, "malloc+0x40").TooShort?.Name);

    [Fact]
    public void AnOffsetIsThatOfAnInstruction()
    {
        Assert.Equal("malloc", UserFunctionSearch.In(Example, "malloc+3").BetweenInstructions?.Name);
        Assert.Equal("malloc", UserFunctionSearch.In(Example, "0x102").BetweenInstructions?.Name);
    }

    private static UserFunction F(string name, ulong offset, ulong size, FunctionKind kind = FunctionKind.Function, string? version = null) => new(name, version, offset, size, kind);

    private sealed class File(params UserFunction[] functions) : UserFile
    {
        public override string Path => "/lib/libx.so";
        public override string Place => Path;
        public override bool IsStripped => false;
        public override IReadOnlyList<UserFunction> Functions => functions;
        public override IReadOnlyList<UserMarker> Markers => [];
        public override ulong? SymbolAddress(string name) => null;
        public override bool? HasInstruction(UserFunction function, ulong distance) => distance % 4 == 0;
        public override string? Demangle(string symbol) => symbol switch
        {
            "_ZN1a1fEi" => "a::f(int)",
            "_ZN1a1fEii" => "a::f(int, int)",
            "_ZN1agEv" => "a::g() const",
            _ => null,
        };
    }
}

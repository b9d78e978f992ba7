namespace Ktap.Runtime.Tests.Strings;

/// <summary>Every builtin and operator on strings gives in the kernel what it gives in user space, at the edges too.</summary>
public class StringAgreementTests
{
    private static readonly string Long = string.Concat(Enumerable.Range(0, 256).Select(i => (char)('a' + i % 26)));

    // Empty, one byte, one below and at a word's end, all that a variable holds (15, 255), --strlen itself, bytes above 127.
    public static TheoryData<string> Texts => ["", "a", "abcdefg", "abcdefgh", "abcdefghijklmno", Long[..255], Long, @"\xff\x80z", "*[a]?\\\\"];

    [Theory]
    [MemberData(nameof(Texts))]
    public void LengthCaseAndTextAgree(string text) => Agree($"s = \"{text}\"", "strlen(s)", "len(s)", "upper(s)", "lower(upper(s))", "tostring(s)", "s .. \"\"", "\"<\" .. substr(s, 2)");

    [Theory]
    [MemberData(nameof(Texts))]
    public void PartsAgree(string text)
    {
        string[] places = ["0", "1", "2", "8", "-1", "-3", "-300", "255", "256", "257", "1 << 62", "-1 << 63"];
        string[] lengths = ["0", "1", "7", "8", "-1", "300", "(1 << 63) - 1"];
        // As constants, and as variables.
        Agree($"s = \"{text}\"", [.. places.Take(6).Select(p => $"substr(s, {p})"), .. places.Take(4).SelectMany(p => lengths.Take(4).Select(l => $"substr(s, {p}, {l})"))]);
        foreach (var place in places)
            foreach (var length in lengths)
                Agree($"s = \"{text}\"\np = {place}\nn = {length}", "substr(s, p)", "substr(s, p, n)");
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void OrderAgrees(string text)
    {
        foreach (var other in (string[])["", "a", "b", "abcdefg", "abcdefgi", "abcdefghijklmnp", Long[..254], @"\xff"])
            Agree($"s = \"{text}\"\nt = \"{other}\"",
                "s < t", "s <= t", "s > t", "s >= t", "s == t", "s != t", "strcmp(s, t)", "strcmp(t, s)", $"s < \"{other}\"", $"\"{other}\" <= s", $"strcmp(s, \"{other}\")");
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void SearchesAgree(string text)
    {
        foreach (var part in (string[])["", "a", "g", "h", "gh", "defgh", Long[30..100], Long[..255], "z", @"\x80", "aa", "[a]"])
            Agree($"s = \"{text}\"\npart = \"{part}\"", "strstr(s, part)", $"strstr(s, \"{part}\")", "strstr(s, s)");
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void PatternsAgree(string text)
    {
        string[] patterns = ["", "*", "a", "a*", "*h", "*d?f*", "[a-c]bc*", "[!a]*", "[^x]*", "*[]x]", "\\\\**", "?", "???????", "*[a]?\\\\\\\\", "[", "*\\xff*", "a**b*", Long[..100] + "*"];
        Agree($"s = \"{text}\"", [.. patterns.Select(p => $"glob(s, \"{p}\")")]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("7")]
    [InlineData("-7")]
    [InlineData("10")]
    [InlineData("99999999")]
    [InlineData("999999999")]
    [InlineData("1000000000")]
    [InlineData("-1000000001")]
    [InlineData("999999999999999999")]
    [InlineData("1000000000000000000")]
    [InlineData("9223372036854775807")]
    [InlineData("1 << 63")]
    public void IntegersJoinAsDecimals(string number) =>
        Agree($"n = {number}\ns = \"s\"", "n .. s", "s .. n", "n .. \"\"", "tostring(n)", "stringof(-n)", "n .. \" \" .. n .. s", "1 .. s .. 2 .. 3", "min(n, 5)", "max(-1, n, 3)");

    [Theory]
    [InlineData("0")]
    [InlineData("0x0100007f")]
    [InlineData("-1")]
    [InlineData("0x04030a64")]
    public void AddressesOfTheNetAgree(string address) => Agree($"a = {address}", "net.format_ip_addr(a)", "net.ntop(a)", "net.ntop(2, a)", "strlen(net.ntop(a)) .. net.ntop(a)");

    [Fact]
    public void BooleansAndNilHaveText() =>
        Agree("b = true\nn = 5\ns = \"s\"", "tostring(b)", "tostring(n == 5)", "tostring(n > 5)", "tostring(nil)", "tostring(n == 5 ? s : nil)", "tostring(n == 4 ? s : nil)", "tostring(n == 4 ? n : nil)", "tostring(n == 4 ? b : nil)", "strlen(tostring(b))");

    [Fact]
    public void ValuesOfMixedKindsAreTakenForWhatTheyAre() =>
        Agree("s = \"abc\"\nn = 12", "tostring(n == 12 ? s : n)", "tostring(n == 13 ? s : n)", "(n == 12 ? s : n) .. \"!\"", "(n == 13 ? s : n) .. \"!\"", "(n == 12 ? s : n) < \"abd\"", "(n == 13 ? s : n) < 13", "tostring(n == 13 ? s : n == 12)");

    [Fact]
    public void JoinedStringsAreStrings() =>
        Agree("s = \"abc\"\nn = 12", "strlen(s .. s) .. s", "(s .. n) == \"abc12\"", "(s .. n) == \"abc13\"", "substr(s .. n, 2, 3) == \"bc1\"");

    [Fact]
    public void WhatIsTooLongIsCutAndCounted()
    {
        var inputs = $"s = \"{Long}\"\nt = \"{Long[..255]}\"";
        Assert.Equal([$"\"{Long}\"", $"\"{Long[..255]}y\"", $"\"{Long}\""], BothSides.InKernel(inputs, "a = s .. \"x\" b = t .. \"yz\" c = t .. substr(s, 256)", ["a", "b", "c"], out var errors));
        Assert.Equal("StringCut:1 StringCut:1", errors);
    }

    [Fact]
    public void NilIsAnErrorThatEndsTheHandler()
    {
        var body = "var x = strstr(s, \"q\") before = 1 r = \"at \" .. x after = 1";
        Assert.Equal(["1", "nil", "nil"], BothSides.InKernel("s = \"abc\"", body, ["before", "r", "after"], out var errors));
        Assert.Equal("BadOperand:1", errors);
        body = "var x = (n == 3) ? s : nil before = 1 r = strlen(x) after = 1";
        Assert.Equal(["1", "nil", "nil"], BothSides.InKernel("s = \"abc\"\nn = 4", body, ["before", "r", "after"], out errors));
        Assert.Equal("BadOperand:1", errors);
    }

    private static void Agree(string inputs, params string[] expressions)
    {
        var body = string.Join("\n", expressions.Select((e, i) => $"r{i} = {e}"));
        var results = expressions.Select((_, i) => $"r{i}").ToArray();
        var expected = BothSides.InUserSpace(inputs, body, results);
        var actual = BothSides.InKernel(inputs, body, results);
        Assert.Equal(expressions.Zip(expected, (e, v) => $"{e} is {v}"), expressions.Zip(actual, (e, v) => $"{e} is {v}"));
    }
}

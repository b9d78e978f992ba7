using System.Text.RegularExpressions;
using Ktap.Tests;

namespace Ktap.Compiler.Tests.Diagnostics;

/// <summary>A diagnostic's code says which it is: no two messages share one.</summary>
public class CodeTests
{
    [Fact]
    public void EachCodeBelongsToOneMessage()
    {
        var methods = Directory.GetFiles(Path.Combine(Repository.Root, "src", "Compiler", "Diagnostics"), "Errors*.cs")
            .SelectMany(f => Regex.Split(File.ReadAllText(f), @"public static Diagnostic (?=\w+\()").Skip(1))
            .Select(m => (Name: Regex.Match(m, @"^\w+").Value, Codes: Regex.Matches(m, "\"(KT\\d{4})\"").Select(c => c.Groups[1].Value).Distinct().ToArray()))
            .ToArray();
        Assert.True(methods.Length > 100, $"only {methods.Length} messages were found");
        Assert.Empty(methods.Where(m => m.Codes.Length == 0).Select(m => m.Name));
        Assert.Empty(methods.SelectMany(m => m.Codes.Select(c => (c, m.Name))).GroupBy(m => m.c).Where(g => g.Count() > 1)
            .Select(g => $"{g.Key}: {string.Join(", ", g.Select(m => m.Name))}"));
    }
}

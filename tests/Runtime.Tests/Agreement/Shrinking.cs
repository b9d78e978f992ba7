using System.Collections.Immutable;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>
/// Smaller scripts that are like a given one: without some statements, with a part of a value in the value's place, with smaller
/// literals. Some of them don't compile any more (a variable is gone); those show no difference, so shrinking doesn't follow them.
/// </summary>
internal static class Shrinking
{
    /// <summary>The next smaller scripts, those with most taken away first.</summary>
    public static IEnumerable<Code> Of(Code code)
    {
        if (code.Sort == Sort.Block) return Fewer(code).Concat(Flatter(code)).Concat(Inside(code));
        if (code.Sort is Sort.Int or Sort.Bool or Sort.Text) return Simpler(code).Concat(Inside(code));
        if (code.Sort == Sort.Statement) return Bodies(code).Concat(Inside(code));
        return Inside(code);
    }

    // Runs of statements left out: half of them, a quarter of them … single ones.
    private static IEnumerable<Code> Fewer(Code block)
    {
        for (var length = block.Children.Length; length > 0; length /= 2)
            for (var at = 0; at + length <= block.Children.Length; at += length)
                yield return block with { Children = block.Children.RemoveRange(at, length) };
    }

    // The statements of an inner block in the place of what stands around it.
    private static IEnumerable<Code> Flatter(Code block)
    {
        for (var i = 0; i < block.Children.Length; i++)
            foreach (var inner in block.Children[i].Children.Where(c => c.Sort == Sort.Block))
                yield return block with { Children = block.Children.RemoveAt(i).InsertRange(i, inner.Children) };
    }

    // An if in the place of if … elseif … else.
    private static IEnumerable<Code> Bodies(Code statement)
    {
        if (statement.Children is [_, { Sort: Sort.Block }, _, ..])
            yield return statement with { Parts = [statement.Parts[0], statement.Parts[1], ""], Children = [statement.Children[0], statement.Children[1]] };
    }

    private static IEnumerable<Code> Simpler(Code value)
    {
        var own = value.Print();
        foreach (var literal in Literals(value, own))
            if (literal != own) yield return Code.Of(new Kind(value.Sort, false), literal);
        foreach (var part in Parts(value)) yield return part;
    }

    private static IEnumerable<string> Literals(Code value, string own)
    {
        if (value.Children.IsEmpty && long.TryParse(own, out var number) && number is >= 0 and <= 10)
        {
            if (number > 0) yield return (number - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            yield break;
        }
        if (value.Children.IsEmpty && own is "true" or "false" or "\"\"") yield break;
        foreach (var literal in value.Sort switch { Sort.Int => ["0", "1", "7"], Sort.Bool => ["false", "true"], _ => new[] { "\"\"", "\"a\"" } }) yield return literal;
    }

    // The values of the same kind inside a value.
    private static IEnumerable<Code> Parts(Code value) =>
        value.Children.SelectMany(c => c.Sort == value.Sort && (value.MayBeNil || !c.MayBeNil) ? [c] : Within(c, value));

    private static IEnumerable<Code> Within(Code code, Code wanted) => code.Sort is Sort.Statement or Sort.Block ? [] :
        code.Children.SelectMany(c => c.Sort == wanted.Sort && (wanted.MayBeNil || !c.MayBeNil) ? [c] : Within(c, wanted));

    private static IEnumerable<Code> Inside(Code code)
    {
        for (var i = 0; i < code.Children.Length; i++)
            foreach (var smaller in Of(code.Children[i]))
                yield return code with { Children = code.Children.SetItem(i, smaller) };
    }

    private static string Print(this Code value) => Code.Block([value]).Print("").TrimEnd('\n');
}

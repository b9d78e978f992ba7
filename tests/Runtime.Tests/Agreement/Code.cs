using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>What a piece of a generated script is: a value of one kind, or code.</summary>
internal enum Sort
{
    /// <summary>An integer.</summary>
    Int,
    /// <summary>A boolean.</summary>
    Bool,
    /// <summary>A string.</summary>
    Text,
    /// <summary>A statement.</summary>
    Statement,
    /// <summary>Statements between braces.</summary>
    Block,
    /// <summary>Anything else, which shrinking leaves alone.</summary>
    Other,
}

/// <summary>
/// A generated script as a tree of text: <see cref="Parts"/> stand between, before and behind the <see cref="Children"/>. A block has
/// children only. In the text <c>@</c> begins a name that belongs to the program, so that many programs can stand in one script.
/// </summary>
internal sealed record Code(Sort Sort, bool MayBeNil, ImmutableArray<string> Parts, ImmutableArray<Code> Children)
{
    /// <summary>A statement.</summary>
    public static Code Do(CodeText text) => text.Finish(Sort.Statement, false);

    /// <summary>A statement without parts.</summary>
    public static Code Do(string text) => new(Sort.Statement, false, [text], []);

    /// <summary>A value of a kind, which may be nil or not.</summary>
    public static Code Of(Kind kind, CodeText text) => text.Finish(kind.Sort, kind.MayBeNil);

    /// <summary>A value without parts.</summary>
    public static Code Of(Kind kind, string text) => new(kind.Sort, kind.MayBeNil, [text], []);

    /// <summary>A piece of text that isn't a value.</summary>
    public static Code Raw(CodeText text) => text.Finish(Sort.Other, false);

    /// <summary>A piece of text that isn't a value.</summary>
    public static Code Raw(string text) => new(Sort.Other, false, [text], []);

    /// <summary>Statements between braces.</summary>
    public static Code Block(IEnumerable<Code> statements) => new(Sort.Block, false, [], [.. statements]);

    /// <summary>Several pieces with a separator between.</summary>
    public static Code Join(string separator, IReadOnlyList<Code> pieces) =>
        new(Sort.Other, false, ["", .. Enumerable.Repeat(separator, Math.Max(0, pieces.Count - 1)), .. pieces.Count > 0 ? [""] : Array.Empty<string>()], [.. pieces]);

    /// <summary>Whether a text stands anywhere in it.</summary>
    public bool Contains(string text) => Parts.Any(p => p.Contains(text, StringComparison.Ordinal)) || Children.Any(c => c.Contains(text));

    /// <summary>The statements of a block as lines, without its braces.</summary>
    public string Print(string prefix)
    {
        var text = new StringBuilder();
        foreach (var statement in Children)
        {
            statement.Print(text, prefix, 0);
            text.Append('\n');
        }
        return text.ToString();
    }

    private void Print(StringBuilder text, string prefix, int depth)
    {
        if (Sort == Sort.Block)
        {
            text.Append("{\n");
            foreach (var statement in Children)
            {
                text.Append(' ', 4 * (depth + 1));
                statement.Print(text, prefix, depth + 1);
                text.Append('\n');
            }
            text.Append(' ', 4 * depth).Append('}');
            return;
        }
        for (var i = 0; i < Parts.Length; i++)
        {
            text.Append(Parts[i].Replace("@", prefix, StringComparison.Ordinal));
            if (i < Children.Length) Children[i].Print(text, prefix, depth);
        }
    }
}

/// <summary>The kind of a value, and whether it may be nil.</summary>
internal readonly record struct Kind(Sort Sort, bool MayBeNil)
{
    /// <summary>Integers.</summary>
    public static readonly Kind Int = new(Sort.Int, false);

    /// <summary>Booleans.</summary>
    public static readonly Kind Bool = new(Sort.Bool, false);

    /// <summary>Strings.</summary>
    public static readonly Kind Text = new(Sort.Text, false);

    /// <summary>This or nil.</summary>
    public Kind OrNil => this with { MayBeNil = true };

    /// <summary>This and not nil.</summary>
    public Kind NotNil => this with { MayBeNil = false };

    /// <summary>Whether a value of this kind may stand where <paramref name="wanted"/> is.</summary>
    public bool Fits(Kind wanted) => Sort == wanted.Sort && (wanted.MayBeNil || !MayBeNil);
}

/// <summary>Makes <see cref="Code"/> from an interpolated string whose holes are code.</summary>
[InterpolatedStringHandler]
internal ref struct CodeText
{
    private readonly ImmutableArray<string>.Builder _parts;
    private readonly ImmutableArray<Code>.Builder _children;
    private string _text = "";

    public CodeText(int literalLength, int holes)
    {
        _parts = ImmutableArray.CreateBuilder<string>(holes + 1);
        _children = ImmutableArray.CreateBuilder<Code>(holes);
    }

    public void AppendLiteral(string text) => _text += text;

    public void AppendFormatted(string text) => _text += text;

    public void AppendFormatted(int number) => _text += number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public void AppendFormatted(Code code)
    {
        _parts.Add(_text);
        _children.Add(code);
        _text = "";
    }

    public Code Finish(Sort sort, bool mayBeNil)
    {
        _parts.Add(_text);
        return new Code(sort, mayBeNil, _parts.ToImmutable(), _children.ToImmutable());
    }
}

namespace Ktap.Compiler.Types;

/// <summary>Patterns as fnmatch(3) without flags has them: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[!a-z]</c>, and a backslash that makes the next character plain.</summary>
public static class Glob
{
    /// <summary>Whether the text is a pattern at all.</summary>
    public static bool IsPattern(ReadOnlySpan<char> text) => text.IndexOfAny('*', '?', '[') >= 0;

    /// <summary>The elements of a pattern of bytes: for each byte whether it matches, or null for a star; stars in a row are one.</summary>
    public static IReadOnlyList<bool[]?> Elements(ReadOnlySpan<byte> pattern)
    {
        var text = System.Text.Encoding.Latin1.GetString(pattern);
        var elements = new List<bool[]?>();
        for (var p = 0; p < text.Length;)
        {
            if (text[p] == '*')
            {
                if (elements is not [.., null]) elements.Add(null);
                p++;
                continue;
            }
            var (matches, next) = (new bool[256], p);
            for (var b = 0; b < 256; b++)
            {
                next = p;
                matches[b] = MatchesOne(text, ref next, (char)b);
            }
            elements.Add(matches);
            p = next;
        }
        return elements;
    }

    /// <summary>Whether the whole text matches the pattern.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        // Only the last star needs to be gone back to: an earlier one could only give the same or less.
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, mark) = (p++, t);
            else if (p < pattern.Length && MatchesOne(pattern, ref p, text[t])) t++;
            else if (star < 0) return false;
            else (p, t) = (star + 1, ++mark);
        }
        return pattern[p..].TrimStart('*').IsEmpty;
    }

    // Steps over one pattern element if it matches; where it doesn't, the caller resets p.
    private static bool MatchesOne(ReadOnlySpan<char> pattern, ref int p, char c)
    {
        switch (pattern[p])
        {
            case '?':
                p++;
                return true;
            case '\\' when p + 1 < pattern.Length:
                p += 2;
                return pattern[p - 1] == c;
            case '[' when p + 2 < pattern.Length && pattern[(p + 2)..].IndexOf(']') is >= 0 and var close:
                var set = pattern[(p + 1)..(p + 2 + close)];
                p += 3 + close;
                return InSet(set, c);
            default:
                return pattern[p++] == c;
        }
    }

    private static bool InSet(ReadOnlySpan<char> set, char c)
    {
        var negated = set[0] is '!' or '^' && set.Length > 1;
        for (var i = negated ? 1 : 0; i < set.Length; i++)
        {
            var last = i + 2 < set.Length && set[i + 1] == '-' ? set[i + 2] : set[i];
            if (c >= set[i] && c <= last) return !negated;
            if (last != set[i]) i += 2;
        }
        return negated;
    }
}

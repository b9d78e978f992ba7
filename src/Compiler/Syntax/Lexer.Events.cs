using System.Globalization;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

// What is not made of tokens: event specs, the glob words of filters, and the intervals of timers.
internal sealed partial class Lexer
{
    /// <summary>
    /// Takes the text of one event spec; null where there is none. It ends at a comma, <c>{</c>, <c>}</c>, <c>;</c>, or before white space and one of
    /// <c>/</c>, <c>&lt;</c>, <c>function</c>, a handler's name at the end of the line, a new line that doesn't go on with fetch arguments.
    /// Parentheses, brackets and quotes protect all of these, and the strokes of <c>cpu/event=1,umask=2/</c> protect commas. Inside a string, where nothing follows but a filter, only a comma and
    /// white space before <c>/</c> end it, and <c>&lt; &gt;</c> protect too (C++ symbols).
    /// </summary>
    public LiteralEventSpec? EventText(bool inString)
    {
        SkipBlank();
        var start = _at;
        var end = start;
        var text = new StringBuilder();
        var fetch = -1;
        var depth = 0;
        while (_at < _bytes.Length)
        {
            var b = _bytes[_at];
            if (IsSpace(b))
            {
                if (depth == 0 && EventEndsAtSpace(inString)) break;
                if (depth > 0 && !inString && b == '\n') break;
                if (depth == 0 && fetch < 0) fetch = text.Length;
                text.Append(' ');
                if (depth == 0) SkipBlank();
                else _at++;
                continue;
            }
            if (depth == 0 && ((b == ',' && !IsInTerms(text)) || (!inString && b is (byte)'{' or (byte)'}' or (byte)';'))) break;
            if (b is (byte)'"' or (byte)'\'')
            {
                Quoted(text, b, keepQuotes: fetch >= 0);
                end = _at;
                continue;
            }
            if (b is (byte)'(' or (byte)'[' || (inString && b == '<')) depth++;
            if (b is (byte)')' or (byte)']' || (inString && b == '>' && depth > 0))
            {
                if (depth == 0) break;
                depth--;
            }
            // Copied as UTF-8: a multi-byte character is never split, because none of the bytes that matter is part of one.
            var run = 1;
            while (b >= 0x80 && _at + run < _bytes.Length && _bytes[_at + run] >= 0x80) run++;
            text.Append(Encoding.UTF8.GetString(_bytes, _at, run));
            _at += run;
            end = _at;
        }
        if (text.Length == 0) return null;
        var all = text.ToString();
        return fetch < 0
            ? new LiteralEventSpec(passage.Map(start, end), all, "")
            : new LiteralEventSpec(passage.Map(start, end), all[..fetch], all[fetch..].Trim());
    }

    /// <summary>Whether the event that follows is an expression: it begins with a quote or a parenthesis. Takes white space only.</summary>
    public bool AtComputedEvent()
    {
        SkipBlank();
        return At(0) is (byte)'"' or (byte)'\'' or (byte)'(' || (At(0) == '[' && At(1) == '[');
    }

    /// <summary>
    /// In a filter, at an operand: takes a run of letters, digits, <c>_ . * ?</c> that holds a glob character; null, with nothing taken, where the
    /// operand is something else.
    /// </summary>
    public BareWordExpression? GlobWord(int start)
    {
        var end = start;
        var glob = false;
        for (; end < _bytes.Length && (IsWordPart(_bytes[end]) || _bytes[end] is (byte)'*' or (byte)'?' or (byte)'.'); end++)
            glob |= _bytes[end] is (byte)'*' or (byte)'?';
        if (!glob || IsDigit(_bytes[start]) || _bytes[start] == '.') return null;
        _at = end;
        return new BareWordExpression(passage.Map(start, end), Slice(start, end));
    }

    /// <summary>
    /// After the word <c>tick</c> or <c>profile</c> at the start of a statement: takes <c>-N</c> and the unit; null, with nothing taken, where no
    /// digit follows at once. A unit that does not exist is reported and read as seconds.
    /// </summary>
    public TimerInterval? Interval(Token word)
    {
        if (word.End + 1 >= _bytes.Length || _bytes[word.End] != '-' || !IsDigit(_bytes[word.End + 1])) return null;
        var start = _at = word.End + 1;
        while (_at < _bytes.Length && IsWordPart(_bytes[_at])) _at++;
        var span = passage.Map(start, _at);
        if (IntervalOf(Slice(start, _at), span, profile: word.Text == "profile") is { } interval) return interval;
        passage.Report(Errors.BadInterval(passage.Source, span, word.Text, Slice(start, _at)));
        return new TimerInterval(span, new IntegerExpression(span, 1), TimerUnit.Seconds);
    }

    /// <summary>An interval written as digits and a unit (<c>5s</c>; <c>97hz</c> for profiles only), or null.</summary>
    public static TimerInterval? IntervalOf(string text, TextSpan span, bool profile)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0) return null;
        TimerUnit? unit = text[digits..].ToLowerInvariant() switch
        {
            "us" or "usec" => TimerUnit.Microseconds,
            "ms" or "msec" => TimerUnit.Milliseconds,
            "s" or "sec" => TimerUnit.Seconds,
            "m" or "min" => TimerUnit.Minutes,
            "hz" when profile => TimerUnit.Hertz,
            _ => null,
        };
        return unit is { } u && long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? new TimerInterval(span, new IntegerExpression(span, count), u)
            : null;
    }

    private void Quoted(StringBuilder text, byte quote, bool keepQuotes)
    {
        var length = _bytes.AsSpan(_at + 1).IndexOfAny(quote, (byte)'\n');
        if (length < 0 || _bytes[_at + 1 + length] == '\n')
        {
            passage.Report(Errors.UnterminatedString(passage.Source, passage.Map(_at, _at + 1), ((char)quote).ToString()));
            length = length < 0 ? _bytes.Length - _at - 1 : length;
            text.Append(Slice(_at + 1, _at + 1 + length));
            _at += length + 1;
            return;
        }
        text.Append(keepQuotes ? Slice(_at, _at + length + 2) : Slice(_at + 1, _at + 1 + length));
        _at += length + 2;
    }

    // Between the strokes of cpu/event=0x3c,umask=1/ a comma separates the terms. What has a colon before the first stroke is a path.
    private static bool IsInTerms(StringBuilder text)
    {
        var strokes = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '/') strokes++;
            else if (strokes == 0 && !char.IsAsciiLetterOrDigit(text[i]) && text[i] is not ('_' or '-' or '.')) return false;
        }
        return strokes == 1 && text[0] != '/';
    }

    // At white space outside brackets: whether the spec is over. Takes nothing.
    private bool EventEndsAtSpace(bool inString)
    {
        var space = _at;
        var newline = SkipBlank();
        var next = _at;
        _at = space;
        if (next >= _bytes.Length || _bytes[next] is (byte)'/' or (byte)',') return true;
        if (inString) return false;
        if (_bytes[next] is (byte)'{' or (byte)'<' or (byte)'}' or (byte)';') return true;

        var end = next;
        while (end < _bytes.Length && IsWordPart(_bytes[end])) end++;
        if (_bytes.AsSpan(next, end - next).SequenceEqual("function"u8)) return true;
        if (newline) return !GoesOnWithFetchArgument(next, end);
        return IsHandlerName(next);
    }

    // perf-probe's fetch arguments are NAME=VALUE or begin with one of $ % @ + -.
    private bool GoesOnWithFetchArgument(int at, int wordEnd) =>
        _bytes[at] is (byte)'$' or (byte)'%' or (byte)'@' or (byte)'+' or (byte)'-' ||
        (wordEnd > at && wordEnd + 1 < _bytes.Length && _bytes[wordEnd] == '=' && !IsSpace(_bytes[wordEnd + 1]) && _bytes[wordEnd + 1] != '=');

    // 'trace EVENTS f': a name (t.f too) that is the last thing on its line, unless the block stands on the next.
    private bool IsHandlerName(int at)
    {
        if (!IsWordStart(_bytes[at])) return false;
        while (at < _bytes.Length && (IsWordPart(_bytes[at]) || _bytes[at] == '.')) at++;
        if (at < _bytes.Length && _bytes[at] is not ((byte)';' or (byte)'}') && !IsSpace(_bytes[at])) return false;
        var saved = _at;
        _at = at;
        var newline = SkipBlank();
        var next = At(0);
        var atEnd = _at >= _bytes.Length;
        _at = saved;
        return atEnd || next is (byte)';' or (byte)'}' || (newline && next is not ((byte)'{' or (byte)'/' or (byte)'<'));
    }
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Probes;

/// <summary>What the fetch arguments of a spec may name: it depends on the event they are for.</summary>
/// <param name="Registers">The registers' offsets in <c>struct pt_regs</c>.</param>
/// <param name="WordSize">The bytes of a word.</param>
/// <param name="IsReturn">Whether the probe is on the function's return: then there is <c>$retval</c>, and no parameters any more.</param>
/// <param name="IsUser">Whether the function is one of the process, so that its memory is read.</param>
/// <param name="Symbol">The address of a symbol, or null.</param>
public sealed record FetchContext(IReadOnlyDictionary<string, int> Registers, int WordSize, bool IsReturn, bool IsUser, Func<string, ulong?> Symbol)
{
    /// <summary>The names of the parameters, as far as they are known.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];
}

/// <summary>
/// Reads fetch arguments: <c>[NAME=]VALUE[:TYPE]</c>, separated by blanks. Each mistake is a diagnostic at its place, and the argument is left out.
/// </summary>
public sealed partial class FetchArguments
{
    // As in the kernel (FETCH_INSN_MAX of kernel/trace/trace_probe.h).
    private const int MostNested = 16;

    private readonly FetchContext _context;
    private readonly SourceText _source;
    private readonly DiagnosticBag _diagnostics;
    private readonly TextSpan _whole;
    private readonly string _text;
    private readonly int? _start;
    private int _at;
    private int _depth;

    private FetchArguments(string text, int? start, TextSpan whole, FetchContext context, SourceText source, DiagnosticBag diagnostics) =>
        (_text, _start, _whole, _context, _source, _diagnostics) = (text, start, whole, context, source, diagnostics);

    /// <summary>The fetch arguments of a spec, in order; those with mistakes are reported and left out.</summary>
    public static ImmutableArray<FetchArgument> Parse(LiteralEventSpec spec, FetchContext context, SourceText source, DiagnosticBag diagnostics)
    {
        var arguments = ImmutableArray.CreateBuilder<FetchArgument>();
        var script = source.Bytes[spec.Span.Start..spec.Span.End];
        var from = 0;
        foreach (var word in Words(spec.FetchArguments))
        {
            // Blanks between arguments were made one, so each is looked for in the script, behind the one before.
            var bytes = Encoding.UTF8.GetBytes(word);
            var at = script[from..].IndexOf(bytes);
            int? start = at < 0 ? null : spec.Span.Start + from + at;
            if (at >= 0) from += at + bytes.Length;
            if (new FetchArguments(word, start, spec.Span, context, source, diagnostics).Argument() is not { } argument) continue;
            if (argument.Name is { } name && arguments.Any(a => a.Name == name)) diagnostics.Add(Errors.FetchNameTwice(source, argument.Span, name));
            else arguments.Add(argument);
        }
        return arguments.ToImmutable();
    }

    // Blanks inside parentheses and quotes separate nothing.
    private static IEnumerable<string> Words(string text)
    {
        var (depth, start, quoted) = (0, 0, false);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ' ' && depth == 0 && !quoted))
            {
                if (i > start) yield return text[start..i];
                start = i + 1;
            }
            else if (text[i] == '"') quoted = !quoted;
            else if (!quoted) depth += text[i] is '(' or '[' ? 1 : text[i] is ')' or ']' ? -1 : 0;
        }
    }

    private FetchArgument? Argument()
    {
        var equals = _text.IndexOf('=');
        string? name = null;
        if (equals >= 0 && !_text.AsSpan(0, equals).ContainsAny("%$@+-\\(\""))
        {
            name = _text[..equals];
            if (!IsName(name)) return Fail(Errors.BadFetchName(_source, Place(0, equals), name));
            _at = equals + 1;
        }
        if (Value() is not { } value) return null;
        var implied = FetchType.Word(_context.WordSize) with { IsImplied = true };
        if (value is FetchValue.TaskName or FetchValue.Text) implied = implied with { Kind = FetchKind.String };
        var colon = _at;
        if (colon < _text.Length && _text[colon] != ':') return Fail(Errors.BadFetchArgument(_source, Place(colon), _text[colon..], "a type follows a colon, and the next argument a blank"));
        var type = colon < _text.Length ? Type(_text[(colon + 1)..], Place(colon + 1)) : implied;
        if (type is null) return null;
        if (Misfit(value, type) is { } hint) return Fail(Errors.FetchTypeMisfit(_source, Place(colon + 1), _text[(colon + 1)..], hint));
        if (name is null && value is FetchValue.NamedParameter parameter) name = parameter.Name;
        return new FetchArgument(Place(0), name, value, type);
    }

    // Up to the end, a colon outside parentheses or a closing parenthesis.
    private FetchValue? Value()
    {
        if (_depth > MostNested) return Wrong(Errors.BadFetchArgument(_source, Place(0), _text, $"at most {MostNested} addresses are looked at one behind the other"));
        if (_at >= _text.Length) return Wrong(Errors.BadFetchArgument(_source, Place(0), _text, "a value is missing"));
        switch (_text[_at])
        {
            case '%': return Register();
            case '$': return Variable();
            case '@': return Absolute();
            case '\\': return Immediate();
            case '+' or '-': return Memory();
            default:
                var start = _at;
                var word = Word();
                if (word.Length > 0 && _context.Parameters.Contains(word)) return new FetchValue.NamedParameter(word);
                return Wrong(IsName(word) && (_at == _text.Length || _text[_at] is ':' or ')')
                    ? Errors.NoSuchParameter(_source, Place(start, word.Length), word, _context.Parameters)
                    : Errors.BadFetchArgument(_source, Place(start), _text[start..], "a value begins with % (a register), $, @ (a symbol or an address), + or - (what stands at an address), or \\ (a constant)"));
        }
    }

    private FetchValue? Register()
    {
        var start = _at++;
        var name = Word();
        if (_context.Registers.TryGetValue(name, out var offset)) return new FetchValue.Register(name, offset);
        return Wrong(Errors.NoSuchRegister(_source, Place(start, name.Length + 1), name, [.. _context.Registers.Keys.Order(StringComparer.Ordinal)]));
    }

    private FetchValue? Variable()
    {
        var start = _at++;
        var name = Word();
        var place = Place(start, name.Length + 1);
        switch (name)
        {
            case "comm" or "COMM": return new FetchValue.TaskName();
            case "stack": return new FetchValue.Stack();
            case "retval" when _context.IsReturn: return new FetchValue.Result();
            case "retval": return Wrong(Errors.FetchNotHere(_source, place, "$retval", "a function has its result when it returns: FUNCTION%return"));
        }
        if (Numbered(name, "stack") is { } index) return new FetchValue.StackWord(index);
        if (Numbered(name, "arg") is not (> 0 and var number)) return Wrong(Errors.BadFetchArgument(_source, place, "$" + name, "there are $retval, $comm, $stack, $stack0 and so on, $arg1 and so on"));
        return _context.IsReturn
            ? Wrong(Errors.FetchNotHere(_source, place, "$" + name, "when a function returns, its parameters are gone; keep them at its entry, in a table by tid"))
            : new FetchValue.Parameter(number);
    }

    private FetchValue? Absolute()
    {
        var start = _at++;
        if (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
            return Number() is { } address ? new FetchValue.Memory(0, new FetchValue.Constant(address), false) : null;
        var name = Word();
        if (name.Length == 0) return Wrong(Errors.BadFetchArgument(_source, Place(start), _text[start..], "@ is followed by a symbol or an address"));
        if (_context.Symbol(name) is not { } symbol) return Wrong(Errors.NoSuchFetchSymbol(_source, Place(start, name.Length + 1), name));
        var offset = 0L;
        if (_at < _text.Length && _text[_at] is '+' or '-')
        {
            if (Offset() is not { } given) return null;
            offset = given;
        }
        return new FetchValue.Memory(offset, new FetchValue.Constant((long)symbol), false);
    }

    private FetchValue? Immediate()
    {
        var start = _at++;
        if (_at < _text.Length && _text[_at] == '"')
        {
            var end = _text.IndexOf('"', _at + 1);
            if (end < 0) return Wrong(Errors.BadFetchArgument(_source, Place(start), _text[start..], "the text has no end"));
            var text = _text[(_at + 1)..end];
            _at = end + 1;
            return new FetchValue.Text(text);
        }
        if (_at < _text.Length && _text[_at] == '-')
        {
            _at++;
            return Number() is { } negative ? new FetchValue.Constant(-negative) : null;
        }
        return Number() is { } value ? new FetchValue.Constant(value) : null;
    }

    private FetchValue? Memory()
    {
        var start = _at;
        var sign = _text[_at++] == '-' ? -1 : 1;
        var isUser = _at < _text.Length && _text[_at] == 'u';
        if (isUser) _at++;
        // The kernel asks for a number; nothing is taken for 0.
        long offset = 0;
        if (_at < _text.Length && _text[_at] != '(')
        {
            if (Number() is not { } given) return null;
            offset = given * sign;
        }
        if (_at >= _text.Length || _text[_at] != '(') return Wrong(Errors.BadFetchArgument(_source, Place(start), _text[start..], "an offset is followed by an address in parentheses: +8(%si)"));
        _at++;
        _depth++;
        if (Value() is not { } address) return null;
        _depth--;
        if (_at >= _text.Length || _text[_at] != ')') return Wrong(Errors.BadFetchArgument(_source, Place(start), _text[start..], "a closing parenthesis is missing"));
        _at++;
        if (address is FetchValue.TaskName or FetchValue.Text) return Wrong(Errors.BadFetchArgument(_source, Place(start, _at - start), _text[start.._at], "in the parentheses stands an address, and this is a string"));
        return new FetchValue.Memory(offset, address, isUser);
    }

    private long? Offset()
    {
        var sign = _text[_at++] == '-' ? -1 : 1;
        return Number() * sign;
    }

    private long? Number()
    {
        var start = _at;
        var isHex = _text.AsSpan(_at).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (isHex) _at += 2;
        var digits = _at;
        while (_at < _text.Length && (isHex ? char.IsAsciiHexDigit(_text[_at]) : char.IsAsciiDigit(_text[_at]))) _at++;
        if (ulong.TryParse(_text.AsSpan(digits, _at - digits), isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return (long)value;
        _diagnostics.Add(Errors.BadFetchArgument(_source, Place(start), _text[start..], "a number of 64 bits stands here, decimal or 0x..."));
        return null;
    }

    // Dots are part of the symbols that compilers make: f.constprop.0.
    private string Word()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.')) _at++;
        return _text[start.._at];
    }

    private static int? Numbered(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && name.Length < 8 && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool IsName(string text) => text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private TextSpan Place(int at, int? length = null) => _start is { } start ? new TextSpan(start + at, Math.Max(length ?? _text.Length - at, 1)) : _whole;

    private FetchArgument? Fail(Diagnostic error)
    {
        _diagnostics.Add(error);
        return null;
    }

    private FetchValue? Wrong(Diagnostic error)
    {
        _diagnostics.Add(error);
        return null;
    }
}

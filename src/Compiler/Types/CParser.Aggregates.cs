using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

// The layout of structs and unions, by the rules of the System V ABIs: natural alignment, bit fields packed into units of their type.
internal sealed partial class CParser
{
    private CType.Aggregate Aggregate(bool isUnion)
    {
        _isPacked = false;
        while (SkipQualifier()) { }
        var name = _lexer.IsName ? _lexer.Next() : "";
        if (!_lexer.Take("{"))
            return name.Length > 0 ? new CType.Aggregate(isUnion, name, 0) : throw _lexer.Unexpected("a name or '{'");
        var fields = new List<(string Name, CType Type, int? Bits)>();
        while (!_lexer.Take("}")) Fields(fields);
        _isPacked = false;
        while (_lexer.Token is "__attribute__" or "__attribute" or "__packed")
            if (!SkipQualifier()) _isPacked = _lexer.Next() == "__packed";
        var type = new CType.Aggregate(isUnion, name.Length > 0 ? name : _scope.NewName(), 0);
        _scope.Aggregates[type] = LayOut(isUnion, fields, _isPacked);
        return type;
    }

    private void Fields(List<(string Name, CType Type, int? Bits)> fields)
    {
        var type = Specifiers();
        if (type is CType.Aggregate && _lexer.Take(";"))
        {
            fields.Add(("", type, null));
            return;
        }
        do
        {
            var (name, declared) = _lexer.Token == ":" ? ("", type) : Declarator(type);
            int? bits = _lexer.Take(":") ? checked((int)Constant(0)) : null;
            while (SkipQualifier()) { }
            if (name.Length == 0 && bits is null) throw _lexer.Unexpected("the name of a member");
            fields.Add((name, declared, bits));
        }
        while (_lexer.Take(","));
        _lexer.Expect(";");
    }

    private CLayout LayOut(bool isUnion, List<(string Name, CType Type, int? Bits)> fields, bool isPacked)
    {
        var members = ImmutableArray.CreateBuilder<CMember>();
        var (at, end, alignment) = (0L, 0L, 1); // in bits, but the alignment
        foreach (var (name, type, bits) in fields)
        {
            var (size, natural) = Measure(name, type);
            var align = isPacked ? 1 : natural;
            if (isUnion) at = 0;
            if (bits is { } width)
            {
                if (width < 0 || width > size * 8) throw new FormatException($"in the C declaration: '{name}' of {width} bits doesn't fit its type");
                // A bit field doesn't straddle units of its type; one of no bits begins a new unit.
                if (width == 0 || (!isPacked && at % (size * 8) + width > size * 8)) at = RoundUp(at, size * 8);
                if (name.Length > 0) members.Add(new CMember(name, type, checked((int)at), width, []));
                at += width;
                if (name.Length > 0) alignment = Math.Max(alignment, align);
            }
            else
            {
                at = RoundUp(at, align * 8);
                members.Add(new CMember(name, type, checked((int)at), 0, []));
                at += size * 8L;
                alignment = Math.Max(alignment, align);
            }
            end = Math.Max(end, at);
        }
        return new CLayout(checked((int)(RoundUp(end, alignment * 8) / 8)), alignment, members.ToImmutable());
    }

    private (int Size, int Alignment) Measure(string name, CType type) => _scope.Measure(type, _wordSize)
        ?? throw new FormatException($"in the C declaration: '{type}' of member '{name}' is not known");

    private static long RoundUp(long bits, int unit) => (bits + unit - 1) / unit * unit;

    // Constant expressions: what array bounds, widths and enums are made of.
    private long Constant(int precedence)
    {
        var left = Primary();
        while (true)
        {
            var op = _lexer.Token;
            var binds = op switch { "|" => 1, "&" => 2, "<<" or ">>" => 3, "+" or "-" => 4, "*" or "/" => 5, _ => 0 };
            if (binds == 0 || binds <= precedence) return left;
            _lexer.Next();
            var right = Constant(binds);
            left = op switch
            {
                "|" => left | right,
                "&" => left & right,
                "<<" => left << (int)right,
                ">>" => left >> (int)right,
                "+" => left + right,
                "-" => left - right,
                "*" => left * right,
                _ => right == 0 ? throw new FormatException("in the C declaration: divide by zero") : left / right,
            };
        }
    }

    private long Primary()
    {
        if (_lexer.Take("-")) return -Primary();
        if (_lexer.Take("~")) return ~Primary();
        if (_lexer.Take("("))
        {
            var inner = Constant(0);
            _lexer.Expect(")");
            return inner;
        }
        if (_lexer.IsNumber)
        {
            var number = _lexer.Number;
            _lexer.Next();
            return number;
        }
        if (_lexer.IsName && _scope.Constants.TryGetValue(_lexer.Token, out var value))
        {
            _lexer.Next();
            return value;
        }
        throw _lexer.Unexpected("a number");
    }
}

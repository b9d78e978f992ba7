using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

/// <summary>
/// Reads C's type names (<c>const struct sk_buff *</c>, <c>u32[4]</c>) and declarations: structs, unions, enums, typedefs and prototypes, with
/// natural alignment. Not C++'s, no expressions beyond those of array bounds. A <see cref="FormatException"/> says what is wrong.
/// </summary>
internal sealed partial class CParser
{
    private static readonly string[] Ignored =
        ["const", "volatile", "restrict", "__restrict", "static", "extern", "inline", "__inline", "register", "__kernel", "__rcu", "__percpu", "__iomem", "__force", "__seg_gs", "asmlinkage"];

    private readonly CLexer _lexer;
    private readonly CDeclarations _scope;
    private readonly int _wordSize;
    private bool _isUser;
    private bool _isPacked;

    private CParser(string text, int wordSize, CDeclarations scope) => (_lexer, _wordSize, _scope) = (new CLexer(text), wordSize, scope);

    /// <summary>The type that a name stands for; <paramref name="wordSize"/> bytes are a <c>long</c>.</summary>
    public static CType Type(string text, int wordSize)
    {
        var parser = new CParser(text, wordSize, new CDeclarations());
        var (name, type) = parser.Declarator(parser.Specifiers());
        if (name.Length > 0) throw new FormatException($"in the C declaration: '{name}' is one name too many for a type");
        return parser._lexer.Token.Length == 0 ? type : throw parser._lexer.Unexpected("the end of the type");
    }

    /// <summary>Adds declarations to those that there are.</summary>
    public static void Declarations(string text, int wordSize, CDeclarations into)
    {
        var parser = new CParser(text, wordSize, into);
        while (parser._lexer.Token.Length > 0) parser.Declaration();
    }

    private void Declaration()
    {
        if (_lexer.Take(";")) return;
        var isTypedef = _lexer.Take("typedef");
        var type = Specifiers();
        if (_lexer.Take(";")) return;
        do
        {
            var (name, declared) = Declarator(type);
            while (SkipQualifier()) { }
            if (name.Length == 0) throw _lexer.Unexpected("a name");
            if (isTypedef) _scope.Typedefs[name] = declared;
            else if (declared is not CType.Function) throw new FormatException($"in the C declaration: '{name}' is a variable; only types and functions can be declared");
            else _scope.Functions[name] = _function!;
        }
        while (_lexer.Take(","));
        _lexer.Expect(";");
    }

    // What stands before the declarators: qualifiers and one type, its words in any order.
    private CType Specifiers()
    {
        CType? type = null;
        var words = new List<string>();
        _isUser = false;
        while (true)
        {
            if (SkipQualifier()) continue;
            if (type is null && words.Count == 0 && _lexer.Token is "struct" or "union") type = Aggregate(_lexer.Next() == "union");
            else if (type is null && words.Count == 0 && _lexer.Take("enum")) type = Enumeration();
            else if (type is null && _lexer.Token is "void" or "char" or "short" or "int" or "long" or "signed" or "unsigned" or "_Bool" or "bool") words.Add(_lexer.Next());
            else if (type is null && _lexer.Token is "float" or "double") throw new FormatException("in the C declaration: there are no floating-point numbers");
            else if (type is null && words.Count == 0 && _lexer.IsName) type = new CType.Named(_lexer.Next());
            else break;
        }
        return type ?? Basic(words);
    }

    private CType Basic(List<string> words)
    {
        if (words.Count == 0) throw _lexer.Unexpected("a type");
        if (words is ["void"]) return new CType.Void();
        if (words is ["_Bool"] or ["bool"]) return new CType.Integer("_Bool", 1, false);
        var unsigned = words.Contains("unsigned");
        var (name, size) = (words.Contains("char"), words.Contains("short"), words.Count(w => w == "long")) switch
        {
            (true, _, _) => ("char", 1),
            (_, true, _) => ("short", 2),
            (_, _, 0) => ("int", 4),
            (_, _, 1) => ("long", _wordSize),
            _ => ("long long", 8),
        };
        if (name == "char" && words.Contains("signed")) name = "signed char";
        return new CType.Integer(unsigned ? $"unsigned {name}" : name, size, !unsigned);
    }

    private bool SkipQualifier()
    {
        if (_lexer.Token == "__user") _isUser = true;
        else if (_lexer.Token is "__attribute__" or "__attribute")
        {
            _lexer.Next();
            SkipAttribute();
            return true;
        }
        else if (!Ignored.Contains(_lexer.Token)) return false;
        _lexer.Next();
        return true;
    }

    private void SkipAttribute()
    {
        var depth = 0;
        do
        {
            if (_lexer.Token.Length == 0) throw _lexer.Unexpected("')'");
            if (_lexer.Token is "packed" or "__packed__") _isPacked = true;
            depth += _lexer.Token switch { "(" => 1, ")" => -1, _ => 0 };
            _lexer.Next();
        }
        while (depth > 0);
    }

    // Pointers, a name or a declarator in parentheses, arrays and parameters: read outside in, applied inside out.
    private (string Name, CType Type) Declarator(CType type)
    {
        while (SkipQualifier()) { }
        while (_lexer.Take("*"))
        {
            type = new CType.Pointer(type, _isUser);
            _isUser = false;
            while (SkipQualifier()) { }
        }
        if (_lexer.Take("("))
        {
            if (_lexer.Token is not ")" && (_lexer.Token is "*" or "(" || !IsTypeAhead()))
            {
                var hole = new CType.Named("");
                var (inner, outer) = Declarator(hole);
                _lexer.Expect(")");
                return (inner, Fill(outer, Suffix(type)));
            }
            return ("", Parameters("", type));
        }
        var name = _lexer.IsName && !IsTypeAhead() ? _lexer.Next() : "";
        if (_lexer.Take("(")) return (name, Parameters(name, type));
        return (name, Suffix(type));
    }

    private bool IsTypeAhead() => _lexer.Token is "struct" or "union" or "enum" or "void" or "char" or "short" or "int" or "long" or "signed" or "unsigned" or "_Bool" or "bool" or "const" or "volatile";

    // The type that a declarator in parentheses makes of what stands around it.
    private static CType Fill(CType shape, CType type) => shape switch
    {
        CType.Named { Name: "" } => type,
        CType.Pointer p => p with { Target = Fill(p.Target, type) },
        CType.Array a => a with { Element = Fill(a.Element, type) },
        _ => shape,
    };

    private CType Suffix(CType type)
    {
        if (_lexer.Take("(")) return Parameters("", type);
        if (!_lexer.Take("[")) return type;
        var length = _lexer.Token == "]" ? 0 : checked((int)Constant(0));
        if (length < 0) throw new FormatException($"in the C declaration: an array of {length} elements");
        _lexer.Expect("]");
        return new CType.Array(Suffix(type), length);
    }

    private CFunction? _function;

    private CType Parameters(string name, CType result)
    {
        var parameters = ImmutableArray.CreateBuilder<CType>();
        var isVariadic = false;
        while (!_lexer.Take(")"))
        {
            if (_lexer.Take("...")) isVariadic = true;
            else if (Declarator(Specifiers()).Type is not CType.Void and var parameter) parameters.Add(parameter is CType.Array a ? new CType.Pointer(a.Element) : parameter);
            if (_lexer.Token != ")") _lexer.Expect(",");
        }
        _function = new CFunction(name, result, parameters.ToImmutable(), isVariadic);
        return new CType.Function();
    }

    private CType.Named Enumeration()
    {
        while (SkipQualifier()) { }
        var tag = _lexer.IsName ? _lexer.Next() : _scope.NewName();
        var name = "enum " + tag;
        if (!_lexer.Take("{")) return new CType.Named(name);
        var names = new Dictionary<long, string>();
        var next = 0L;
        while (!_lexer.Take("}"))
        {
            if (!_lexer.IsName) throw _lexer.Unexpected("a name");
            var constant = _lexer.Next();
            if (_lexer.Take("=")) next = Constant(0);
            _scope.Constants[constant] = next;
            names.TryAdd(next++, constant);
            if (_lexer.Token != "}") _lexer.Expect(",");
        }
        var (least, most) = names.Count > 0 ? (names.Keys.Min(), names.Keys.Max()) : (0, 0);
        var isWide = least < int.MinValue || most > uint.MaxValue || (least < 0 && most > int.MaxValue);
        _scope.Enums[name] = new CType.Enumeration(isWide ? 8 : 4, least < 0, new IntFormat.Enum(name, names));
        return new CType.Named(name);
    }
}

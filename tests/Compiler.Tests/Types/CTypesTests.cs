using Ktap.Compiler.Tests.Evaluation;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Types;

/// <summary>C types by name and by declaration; sizes and places are those of a C compiler for x86-64.</summary>
public class CTypesTests
{
    private const string Declarations = """
        // comments go, and so does
        #define this
        struct a { char c; short s; int i; char d; };
        struct b { unsigned a:3, b:7; unsigned long long d:33; char e; };
        struct c { char x; unsigned a:30; unsigned b:4; unsigned :0; char z; };
        union u { char c[7]; short s; };
        struct n { char c; union u u; struct { int x; long y; }; int (*f)(int, char *); void **p; char flex[]; };
        struct p { char c; int i; unsigned a:3; } __attribute__((packed));
        enum e { A = 1 << 4, B, C = B | 1, D = -(0x10 + 010) };
        struct ar { const int m[3][2]; enum e k; char t[B - A + 2]; };
        struct q { char c; unsigned long long d:60; unsigned char e:6; };
        typedef struct ar *ar_p, ar_a[4];
        struct list { struct list *next; struct unknown *other; };
        unsigned long long sched_clock(void);
        int printk(const char *fmt, ...);
        """;

    [Theory]
    [InlineData("struct a", 12)]
    [InlineData("struct b", 8)]
    [InlineData("struct c", 16)]
    [InlineData("union u", 8)]
    [InlineData("struct n", 48)]
    [InlineData("struct p", 6)]
    [InlineData("struct ar", 32)]
    [InlineData("struct q", 24)]
    [InlineData("ar_p", 8)]
    [InlineData("ar_a", 128)]
    [InlineData("struct list", 16)]
    [InlineData("enum e", 4)]
    [InlineData("unsigned long int[3]", 24)]
    [InlineData("const char *const *", 8)]
    [InlineData("void (*)(int)", 8)]
    [InlineData("u16", 2)]
    [InlineData("size_t", 8)]
    public void SizesAreThoseOfC(string type, int size) => Assert.Equal(size, Declared().SizeOf(Declared().Parse(type)));

    [Theory]
    [InlineData("struct n", "u", 16, "union u")]
    [InlineData("struct n", "x", 128, "int")]
    [InlineData("struct n", "y", 192, "long")]
    [InlineData("struct n", "f", 256, "void (*)()")]
    [InlineData("struct n", "p", 320, "void **")]
    [InlineData("struct n", "flex", 384, "char[]")]
    [InlineData("struct ar", "k", 192, "enum e")]
    [InlineData("struct ar", "t", 224, "char[3]")]
    [InlineData("struct b", "e", 48, "char")]
    [InlineData("struct b", "d", 10, "unsigned long long")]
    [InlineData("struct c", "b", 64, "unsigned int")]
    [InlineData("struct c", "z", 96, "char")]
    [InlineData("struct p", "i", 8, "int")]
    [InlineData("struct list", "next", 0, "struct list *")]
    public void MembersAreWhereCPutsThem(string type, string name, int bit, string memberType)
    {
        var types = Declared();
        var member = types.Member((CType.Aggregate)types.Parse(type), name)!;
        Assert.Equal((bit, memberType), (member.BitOffset, member.Type.Text));
    }

    [Fact]
    public void EnumsAndFunctionsAreDeclaredToo()
    {
        var types = Declared();
        var e = Assert.IsType<CType.Enumeration>(types.Resolve(types.Parse("enum e")));
        Assert.Equal(("A", "B", "D", true), (e.Format.Names[16], e.Format.Names[17], e.Format.Names[-24], e.IsSigned));
        Assert.Equal((0, "unsigned long long"), (types.Function("sched_clock")!.Parameters.Length, types.Function("sched_clock")!.Result.Text));
        Assert.True(types.Function("printk")!.IsVariadic);
    }

    [Fact]
    public void MembersAreListedThroughAnonymousStructs()
    {
        var types = Declared();
        Assert.Equal(["c", "u", "x", "y", "f", "p", "flex"], types.MemberNames((CType.Aggregate)types.Parse("struct n")));
        Assert.Null(types.Member((CType.Aggregate)types.Parse("struct n"), "nope"));
        Assert.False(types.IsKnown((CType.Aggregate)types.Parse("struct unknown")));
        Assert.Null(types.SizeOf(types.Parse("struct unknown")));
        Assert.Null(types.SizeOf(types.Parse("nope_t")));
    }

    [Theory]
    [InlineData("struct x { int a }", "expected ';', not '}'")]
    [InlineData("struct x { int a; ", "expected a type, not its end")]
    [InlineData("struct x { struct y b; };", "'struct y' of member 'b' is not known")]
    [InlineData("struct x { char a:9; };", "'a' of 9 bits doesn't fit its type")]
    [InlineData("double d(void);", "there are no floating-point numbers")]
    [InlineData("int x;", "'x' is a variable; only types and functions can be declared")]
    [InlineData("struct x { int a[-1]; };", "an array of -1 elements")]
    [InlineData("enum { A = 1 / 0 };", "divide by zero")]
    [InlineData("int f(void) __attribute__((x", "expected ')', not its end")]
    public void MistakesAreSaid(string text, string message) =>
        Assert.Equal("in the C declaration: " + message, Assert.Throws<FormatException>(() => Types().Declare(text)).Message);

    [Theory]
    [InlineData("const struct sk_buff *", "struct sk_buff *", false)]
    [InlineData("struct iovec __user *", "struct iovec *", true)]
    [InlineData("const char *const *", "char **", false)]
    [InlineData("void*", "void *", false)]
    public void FormatsTypesAreRead(string text, string canonical, bool isUser)
    {
        var pointer = Assert.IsType<CType.Pointer>(Types().Parse(text));
        Assert.Equal((canonical, isUser), (pointer.Text, pointer.IsUser));
    }

    private static CTypes Types() => new(() => new FakeWorld().Target);

    private static CTypes Declared()
    {
        var types = Types();
        types.Declare(Declarations);
        return types;
    }
}

using System.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Tables;

namespace Ktap.Runtime.Tests.Strings;

/// <summary>Strings as handlers have them in memory: whole words, at least one NUL at the end.</summary>
public class StoredStringTests
{
    [Theory]
    [InlineData(0, 8)]
    [InlineData(7, 8)]
    [InlineData(8, 16)]
    [InlineData(255, 256)]
    [InlineData(256, 264)]
    public void TheCapacityHasRoomForANul(int bytes, int capacity) => Assert.Equal(capacity, KtapType.String(bytes).Capacity);

    [Fact]
    public void ATypeIsWideEnoughForTheNamesThatJoinIt()
    {
        var names = new KtapType.NameType(new NameSet(["seven77", "eight888"]));
        Assert.Equal(new KtapType.StringType(16), KtapType.Join(KtapType.String(7), names));
        Assert.Equal(new KtapType.StringType(24), KtapType.Join(names, KtapType.String(20)));
    }

    [Fact]
    public void AFullStringComesBackAndALongerOneIsRefused()
    {
        var type = KtapType.String(7);
        var bytes = new byte[8];
        bytes.AsSpan().Fill(0xff);
        ValueCodec.Write(type, Text("1234567"), bytes, NoStacks);
        Assert.Equal("1234567\0", Encoding.ASCII.GetString(bytes));
        Assert.Equal(Text("1234567"), ValueCodec.Read(type, bytes, NoStacks));
        ValueCodec.Write(type, Text(""), bytes, NoStacks);
        Assert.Equal(new byte[8], bytes);
        var refusal = Assert.Throws<StoreException>(() => ValueCodec.Write(type, Text("12345678"), bytes, NoStacks));
        Assert.Equal("it holds strings of at most 7 bytes while tracing, so it can't take one of 8", refusal.Message);
        Assert.False(ValueCodec.Fits(type, Text("12345678")));
    }

    [Fact]
    public void AStringWithANulIsRefusedAndMatchesNoKey()
    {
        var type = KtapType.String(7);
        Assert.Throws<StoreException>(() => ValueCodec.Write(type, Text("a\0b"), new byte[8], NoStacks));
        Assert.False(ValueCodec.Fits(type, Text("a\0b")));
    }

    private static readonly StackStore NoStacks = new(null!, null, null!);

    private static Value Text(string text) => Value.String(text);
}

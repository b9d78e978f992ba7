using Xunit.Sdk;

namespace Ktap.Runtime.Tests;

public class SkipTests
{
    [Fact]
    public void AConditionThatHoldsSkipsNothing() => Skip.Unless(true, "never said");

    [Fact]
    public void AConditionThatDoesNotHoldEndsTheTestWithItsReason()
    {
        var thrown = Assert.Throws<SkipException>(() => Skip.Unless(false, "no such kernel feature"));
        Assert.EndsWith("$no such kernel feature", thrown.Message);
    }
}

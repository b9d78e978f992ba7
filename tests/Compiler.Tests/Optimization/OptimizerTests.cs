using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Tests.Ir;

namespace Ktap.Compiler.Tests.Optimization;

/// <summary>All passes together.</summary>
public class OptimizerTests : OptimizerTest
{
    [Fact]
    public void AnEndlessCircleOfJumpsStaysOne()
    {
        var (a, b) = (Ir.NewBlock(), Ir.NewBlock());
        Ir.Start(a);
        Ir.Jump(b);
        Ir.Start(b);
        Ir.Jump(a);
        Becomes("""
            b0:
              jump b1
            b1:
              jump b1
            """);
    }

    [Fact]
    public void TheInputStaysAsItWasAndEachPassIsShown()
    {
        var function = Sample.CountByArgument();
        var before = IrPrinter.Print(function);
        var passes = new List<string>();
        Optimizer.Optimize(function, (pass, _) => passes.Add(pass));
        Assert.Equal(before, IrPrinter.Print(function));
        Assert.Equal(["blocks", "propagate", "blocks", "dead", "propagate", "share", "propagate", "blocks", "dead", "share", "propagate", "blocks", "propagate", "strength", "dead", "blocks", "copies", "loops", "joins"], passes);
    }

    [Fact]
    public void ATypicalHandlerKeepsWhatItNeeds() =>
        Assert.Equal("""
            b0:
              v0 = call get_current_pid_tgid() per run
              v1 = shru v0, 32
              if v1 == 42 then b1 else b4
            b1:
              v3 = frame %0(key of s)
              v4 = context
              v5 = load u64 [v4 + 8]
              store u64 [v3], v5
              v6 = map counts
              v8 = call map_lookup_elem(v6, v3)
              if v8 != 0 then b2 else b3
            b2:
              v9 = 1
              atomic add u64 [v8], v9
              jump b4
            b3:
              v10 = frame %1(value of s)
              store u64 [v10], 1
              call map_update_elem(v6, v3, v10, 1)
              jump b4
            b4:
              return 0
            """, Blocks(Optimizer.Optimize(Sample.CountByArgument())));
}

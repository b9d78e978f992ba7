[assembly: TestFramework("Ktap.Tests.SkippingTestFramework", "Ktap.Cli.Tests")]

// Tests here attach to the one kernel there is: two at a time would count each other's events.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

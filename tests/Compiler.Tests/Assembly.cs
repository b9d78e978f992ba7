[assembly: TestFramework("Ktap.Tests.SkippingTestFramework", "Ktap.Compiler.Tests")]

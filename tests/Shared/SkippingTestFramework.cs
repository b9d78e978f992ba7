using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Ktap.Tests;

/// <summary>
/// xunit 2.9 can throw a <see cref="SkipException"/> but calls it a failure. This framework, named in each test assembly's
/// <c>Assembly.cs</c>, reports it as the skip it is, for every plain <c>[Fact]</c> and <c>[Theory]</c>.
/// </summary>
public sealed class SkippingTestFramework(IMessageSink diagnostics) : XunitTestFramework(diagnostics)
{
    /// <inheritdoc/>
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName name, ISourceInformationProvider sources, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(name, sources, diagnostics)
    {
        protected override void RunTestCases(
            IEnumerable<IXunitTestCase> testCases, IMessageSink results, ITestFrameworkExecutionOptions options) =>
            base.RunTestCases(testCases, new SkipReporter(results), options);
    }

    private sealed class SkipReporter(IMessageSink results) : LongLivedMarshalByRefObject, IMessageSink
    {
        public bool OnMessage(IMessageSinkMessage message) => results.OnMessage(
            message is ITestFailed failed && failed.ExceptionTypes[0] == typeof(SkipException).FullName
                ? new TestSkipped(failed.Test, failed.Messages[0].Replace("$XunitDynamicSkip$", "", StringComparison.Ordinal))
                : message);
    }
}

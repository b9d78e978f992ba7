using System.Collections.Immutable;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Typing;

/// <summary>What ticks and deferred calls may do to one table while handlers run; it may overstate.</summary>
/// <param name="Resets">Whether they may take slots away or store to them.</param>
/// <param name="Updates">The updates <c>t[k] op= e</c> that they may make, each operator once.</param>
public sealed record UserSideUse(bool Resets, ImmutableArray<UserSideUpdate> Updates)
{
    /// <summary>They only read it, if that.</summary>
    public static readonly UserSideUse None = new(false, []);
}

/// <summary>An update of a slot in code that runs in user space, and its place.</summary>
public sealed record UserSideUpdate(BinaryOp Op, SourceText Source, TextSpan Span);

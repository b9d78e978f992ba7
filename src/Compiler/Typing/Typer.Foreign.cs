using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

// Builtins of C types, memory of the handler's own, and the kernel's functions.
internal sealed partial class Typer
{
    // More would have to be cleared by a loop.
    private const int MostOwnBytes = 1024;

    private TypedExpression OfType(TextSpan span, Builtin builtin, ImmutableArray<TypedExpression> arguments)
    {
        if (arguments.Any(a => a.Type is KtapType.NeverType)) return new TypedConstant(span, KtapType.Never, Value.Nil);
        if (builtin.OfType == TypeOperator.TaskBytes) return TaskBytes(span, builtin, arguments);
        if (builtin.OfType == TypeOperator.Functions)
            return Bad(span, Errors.BadArgument(Source, span, $"'{builtin.Name}' stands for the kernel's functions and is no value itself", "call one: ffi.C.bpf_strlen(p)"));
        if (arguments[0] is not TypedConstant { Value: { Kind: ValueKind.String } name })
            return Bad(span, Errors.BadArgument(Source, span, $"'{builtin.Name}' takes the name of a C type, as a literal", builtin.Doc));
        try
        {
            var type = Types.Parse(name.AsString.ToString());
            TellOverruled(span, type);
            return builtin.OfType switch
            {
                TypeOperator.Cast => Cast(span, type, arguments[1]),
                TypeOperator.New => New(span, type),
                _ => Types.SizeOf(type) is { } size ? Constant(span, Value.Int(size)) : Bad(span, UnknownType(span, type)),
            };
        }
        catch (FormatException e)
        {
            return Bad(span, Errors.BadArgument(Source, span, e.Message, builtin.Doc));
        }
    }

    private void TellOverruled(TextSpan span, CType type)
    {
        if (state.IsLast && type is CType.Aggregate named && Types.TellsOverruled(named)) state.Report(Errors.KernelTypeWins(Source, span, type.Text));
    }

    private TypedExpression New(TextSpan span, CType named)
    {
        if (Types.Resolve(named) is not { } type || Types.SizeOf(type) is not { } size) return Bad(span, UnknownType(span, named));
        if (size > MostOwnBytes) return Bad(span, Errors.BadArgument(Source, span, $"'{type}' has {size} bytes; a handler can have {MostOwnBytes} of a type", null));
        var pointer = new KtapType.PointerType(type is CType.Array a ? a.Element : type, IsUser: false) { IsOwn = true };
        return new TypedNew(span, pointer, size);
    }

    private TypedExpression TaskBytes(TextSpan span, Builtin builtin, ImmutableArray<TypedExpression> arguments)
    {
        var size = arguments.Length == 1 ? 4 : arguments[1] is TypedConstant { Value: { Kind: ValueKind.Int } bytes } ? bytes.AsInt : 0;
        if (size is not (1 or 2 or 4 or 8))
            return Bad(span, Errors.BadArgument(Source, span, $"'{builtin.Name}' reads 1, 2, 4 or 8 bytes, given as a literal", builtin.Doc));
        if (arguments[0].Type.NotNil is not KtapType.IntType)
            return Bad(span, Errors.BadArgument(Source, span, $"the offset is an integer, not a {arguments[0].Type.Describe()}", builtin.Doc));
        var task = BuiltinResult(span, TaskFacts.CurrentTask, []);
        var element = new CType.Integer($"u{size * 8}", (int)size, false);
        return new TypedElement(span, _memory.TypeOf(element, false, true)!, task, arguments[0], element, 1, false);
    }

    // A member of memory that the handler has made; nothing else can be written.
    private TypedTarget MemberTarget(BoundMember target, TypedExpression on, TypedExpression value)
    {
        var place = MemberBehind(target, on);
        if (place is TypedMember { Pointer.Type: KtapType.PointerType { IsOwn: true }, Member: { BitSize: 0, Type: var type } } member
            && Types.Resolve(type) is CType.Integer or CType.Enumeration or CType.Pointer && Types.SizeOf(type) is { } size)
        {
            if (value.Type.NotNil is KtapType.IntType or KtapType.PointerType or KtapType.NeverType) return new TypedTarget.Member(target.Span, member, size);
            state.Report(Errors.BadArgument(Source, target.Span, $"'{member.Member.Name}' takes an integer or a pointer, not a {value.Type.Describe()}", null));
        }
        else if (place.Type is not KtapType.NeverType)
        {
            state.Report(Errors.MemberNotAssignable(Source, target.Span, target.Name));
        }
        return new TypedTarget.Local(target.Span, new TypedLocal("error"));
    }

    private TypedExpression FunctionCall(BoundCall call, string name)
    {
        var arguments = ExpressionList(call.Arguments);
        if (arguments.Any(a => a.Type is KtapType.NeverType)) return new TypedConstant(call.Span, KtapType.Never, Value.Nil);
        var callable = Types.CallableFunctions;
        if (Types.Function(name) is not { } function || (callable.Count > 0 && !callable.Contains(name)))
            return Bad(call.Span, Errors.NotCallableByHandlers(Source, call.Span, name, Types.Function(name) is not null, callable));
        if (arguments.Length != function.Parameters.Length)
            return Bad(call.Span, Errors.BadArgument(Source, call.Span, $"'{name}' takes {Number(function.Parameters.Length)}, not {arguments.Length}",
                $"{function.Result} {name}({string.Join(", ", function.Parameters)})"));
        foreach (var argument in arguments)
            if (argument.Type.NotNil is not (KtapType.IntType or KtapType.BoolType or KtapType.PointerType or KtapType.StringType))
                return Bad(argument.Span, Errors.BadArgument(Source, argument.Span, $"'{name}' takes integers, pointers and strings, not a {argument.Type.Describe()}", null));
        KtapType? result = Types.Resolve(function.Result) switch
        {
            CType.Void => KtapType.Nil,
            CType.Integer i => new KtapType.IntType(i is { Size: 8, IsSigned: false } ? IntFormat.UnsignedInt : null),
            CType.Enumeration e => new KtapType.IntType(e.Format),
            CType.Pointer p => new KtapType.PointerType(p.Target, p.IsUser),
            _ => null,
        };
        var (size, isSigned) = Types.Resolve(function.Result) switch { CType.Integer i => (i.Size, i.IsSigned), CType.Enumeration n => (n.Size, n.IsSigned), _ => (8, false) };
        return result is null
            ? Bad(call.Span, Errors.NoValueOf(Source, call.Span, function.Result.Text))
            : new TypedFunctionCall(call.Span, result, function, arguments, size, isSigned);
    }
}

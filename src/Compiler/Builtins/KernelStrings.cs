using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>The builtins for strings in handlers: they answer what those of user space do.</summary>
internal static class KernelStrings
{
    private static readonly NameSet Booleans = new(["false", "true"]), BooleansOrNil = new(["false", "true", "nil"]), Nothing = new(["nil"]);

    public static KernelBody Length { get; } = new((_, _) => KtapType.Int, (context, args) => IrValue.OfInt(KernelText.Length(context.Emitter, context.AsText(args[0]))));

    /// <summary><c>len</c>: bytes of a string, parts of a key; nil has none, which ends the handler.</summary>
    public static KernelBody Size { get; } = new(
        (_, types) => types[0].NotNil is KtapType.StringType or KtapType.NameType or KtapType.TupleType
            ? KtapType.Int
            : throw new BuiltinException($"{(types[0] is KtapType.IntType ? "an" : "a")} {types[0].Describe()} has no length in a handler", "it takes a string, or a key of several parts"),
        (context, args) =>
        {
            var (ir, value) = (context.Ir, args[0].Unwrapped);
            if (args[0].Present is { } present)
            {
                var (missing, there) = (ir.NewBlock(), ir.NewBlock());
                ir.Branch(IrCondition.Eq, present, 0, missing, there);
                ir.Start(missing);
                context.Emitter.Fail(HandlerError.BadOperand);
                ir.Start(there);
            }
            return value.Type is KtapType.TupleType tuple
                ? IrValue.OfInt((long)tuple.Parts.Length)
                : IrValue.OfInt(KernelText.Length(context.Emitter, context.AsText(value)));
        });

    public static KernelBody Part { get; } = KernelBody.Seeing(
        (_, args) => KtapType.String(LongestPart(MaxLength(args[0].Type.NotNil), args.Length > 2 ? args[2].Constant : null)),
        (context, args) =>
        {
            var text = context.AsText(args[0]);
            IrOperand? length = args.Length < 3 || args[2].Type is KtapType.NilType ? null : args[2].Word;
            if (length is { } given && args[2].Present is { } present) length = Otherwise(context.Ir, present, given, long.MaxValue);
            var capacity = KtapType.String(LongestPart(MaxLength(text.Type), args.Length > 2 ? args[2].Constant : null)).Capacity;
            return KernelText.Part(context.Emitter, text, args[1].Word, length, capacity);
        });

    public static KernelBody Find { get; } = new((_, _) => KtapType.Int.OrNil, (context, args) =>
    {
        var place = KernelText.Find(context.Emitter, context.AsText(args[1]), context.AsText(args[0]));
        return IrValue.OfInt(place).When(context.Ir.Compare(IrCondition.Ne, place, 0));
    });

    public static KernelBody Compare { get; } = new((_, _) => KtapType.Int, (context, args) =>
    {
        var ir = context.Ir;
        var (a, b) = KernelText.Order(context.Emitter, context.AsText(args[0]), context.AsText(args[1]));
        return IrValue.OfInt(ir.Binary(IrBinary.Sub, ir.Compare(IrCondition.GtU, a, b), ir.Compare(IrCondition.LtU, a, b)));
    });

    public static KernelBody Glob { get; } = KernelBody.Seeing(
        (_, args) => args[1].Constant is null ? throw new BuiltinException("the pattern must be known when compiling", "write it as a literal, or keep it in a variable that only the main stage assigns") : KtapType.Bool,
        (context, args) => IrValue.OfBool(KernelText.Matches(context.Emitter, args[1].Constant!.Value.AsString, context.AsText(args[0]))));

    public static KernelBody WithCase(bool isUpper) => new(
        (_, types) => KtapType.String(MaxLength(types[0].NotNil)),
        (context, args) => KernelText.WithCase(context.Emitter, context.AsText(args[0]), isUpper));

    // Booleans and nil are names from a set; addresses and named numbers print as text that only user space can make.
    public static KernelBody ToText { get; } = new(
        (_, types) => types[0] switch
        {
            KtapType.NilType => new KtapType.NameType(Nothing),
            KtapType.BoolType => new KtapType.NameType(Booleans),
            KtapType.OptionalType { Inner: KtapType.BoolType } => new KtapType.NameType(BooleansOrNil),
            KtapType.NameType or KtapType.StringType => types[0],
            KtapType.OptionalType { Inner: KtapType.NameType n } => new KtapType.NameType(n.Names.Union(Nothing)),
            KtapType.OptionalType { Inner: KtapType.StringType s } => s,
            KtapType.IntType { Format: null } or KtapType.OptionalType { Inner: KtapType.IntType { Format: null } } => KtapType.String(KernelText.LongestInteger),
            KtapType.AnyType or KtapType.OptionalType { Inner: KtapType.AnyType } => KernelText.TypeOfJoin([types[0].NotNil], int.MaxValue),
            KtapType.PointerType or KtapType.IntType or KtapType.OptionalType { Inner: KtapType.PointerType or KtapType.IntType } =>
                throw new BuiltinException("what this number prints as is only known in user space", "print it, or use it as a key; '..' takes it as a decimal"),
            _ => throw new BuiltinException($"a handler can't make a string of a {types[0].Describe()}", "print it"),
        },
        EmitText);

    private static IrValue EmitText(KernelContext context, ImmutableArray<IrValue> args)
    {
        var (ir, value) = (context.Ir, args[0]);
        var present = value.Present;
        switch (value.Type.NotNil)
        {
            case KtapType.NeverType:
                return IrValue.OfWord(new KtapType.NameType(Nothing), 0);
            case KtapType.BoolType when present is { } there:
                return IrValue.OfWord(new KtapType.NameType(BooleansOrNil), Otherwise(ir, there, value.Word, 2));
            case KtapType.BoolType:
                return IrValue.OfWord(new KtapType.NameType(Booleans), value.Word);
            case KtapType.NameType names when present is { } there:
                var all = names.Names.Union(Nothing);
                return IrValue.OfWord(new KtapType.NameType(all), Otherwise(ir, there, value.Word, all.IndexOf("nil")));
            case KtapType.StringType or KtapType.NameType when present is null:
                return value;
            case KtapType.AnyType mixed:
                return present is { } set
                    ? OrNil(context, KernelText.TypeOfJoin([mixed], int.MaxValue).Capacity, set, () => KernelText.OfMixed(context.Emitter, value.Unwrapped, takesBool: true).Address)
                    : KernelText.OfMixed(context.Emitter, value, takesBool: true);
            case KtapType.StringType text:
                return OrNil(context, text.Capacity, present!.Value, () => context.AsText(value.Unwrapped).Address);
            default:
                return present is { } given
                    ? OrNil(context, KtapType.String(KernelText.LongestInteger).Capacity, given, () => KernelText.OfInteger(context.Emitter, value.Word).Address)
                    : KernelText.OfInteger(context.Emitter, value.Word);
        }
    }

    // A string of that capacity, or "nil".
    private static IrValue OrNil(KernelContext context, int capacity, VReg present, Func<VReg> emit)
    {
        var ir = context.Ir;
        var copy = context.Emitter.ZeroedBuffer(capacity, "text");
        var (there, missing, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.Ne, present, 0, there, missing);
        ir.Start(there);
        var text = emit();
        for (var at = 0; at < capacity; at += 8) ir.Store(copy, at, ir.Load(text, at));
        ir.Jump(done);
        ir.Start(missing);
        for (var i = 0; i < 3; i++) ir.Store(copy, i, "nil"[i], 1);
        ir.Start(done);
        return IrValue.OfString(capacity, copy);
    }

    private static VReg Otherwise(IrBuilder ir, VReg present, IrOperand word, long instead)
    {
        var result = ir.Copy(instead);
        var (there, done) = (ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.Ne, present, 0, there, done);
        ir.Start(there);
        ir.Assign(result, word);
        ir.Start(done);
        return result;
    }

    private static int MaxLength(KtapType type) => type is KtapType.NameType names ? KtapType.String(names.Names.Longest).MaxLength : ((KtapType.StringType)type).MaxLength;

    private static int LongestPart(int whole, Value? length) =>
        length is { Kind: ValueKind.Int } known ? (int)Math.Clamp(known.AsInt, 0, whole) : whole;
}

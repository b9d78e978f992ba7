using System.Text;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// The values of fetch arguments in a program whose context is <c>struct pt_regs</c> (kernel and user function probes): their types, and the code
/// that reads them. Memory is read as <see cref="MemoryReader"/> does: a read that faults gives nil and is counted.
/// </summary>
/// <param name="site">The probe's site.</param>
/// <param name="isUser">Whether addresses are of the process (a user function's probe); else the kernel tells by the address.</param>
public sealed class FetchReader(ProbeSite site, bool isUser)
{
    // TASK_COMM_LEN.
    private const int CommLength = 16;

    private readonly MemoryReader _memory = MemoryReader.Of(site) with { ReadsEither = !isUser };

    private Architecture Architecture => site.Target.Architecture;

    /// <summary>Parameters by name, typed by who knows them; null where the event has none.</summary>
    public Func<string, ProbeField?> Parameter { get; init; } = _ => null;

    /// <summary>A fetch argument as a field of the event, <paramref name="number"/> being its place from 1.</summary>
    public ProbeField Field(FetchArgument argument, int number)
    {
        var name = argument.Name ?? $"arg{number}";
        if (argument is { Value: FetchValue.NamedParameter parameter, Type.IsImplied: true } && Parameter(parameter.Name) is { } known) return known with { Name = name };
        return new ProbeField(name, TypeOf(argument), e => Read(e, argument));
    }

    private KtapType TypeOf(FetchArgument argument) => argument.Value switch
    {
        FetchValue.TaskName => new KtapType.StringType(CommLength),
        FetchValue.Text t => KtapType.String(Encoding.UTF8.GetByteCount(t.Value)),
        FetchValue.Memory m => Reading(m, argument.Type).Type,
        var value when MayBeNil(value) => new KtapType.IntType(FormatOf(argument.Type)).OrNil,
        _ => new KtapType.IntType(FormatOf(argument.Type)),
    };

    private IrValue Read(KernelEmitter e, FetchArgument argument)
    {
        switch (argument.Value)
        {
            case FetchValue.TaskName:
                var comm = e.ZeroedBuffer(CommLength, "comm");
                e.Ir.CallVoid(BpfHelper.GetCurrentComm, comm, CommLength);
                return IrValue.OfString(CommLength, comm);
            case FetchValue.Text t:
                var bytes = new byte[KtapType.String(Encoding.UTF8.GetByteCount(t.Value)).Capacity];
                Encoding.UTF8.GetBytes(t.Value, bytes);
                return IrValue.OfString(bytes.Length, e.Ir.Data(DataKind.Rodata, e.Constant([.. bytes])));
            case FetchValue.Memory m:
                var (type, inMemory, ofProcess) = Reading(m, argument.Type);
                var read = _memory.At(e, Pointer(Word(e, m.Address), ofProcess), inMemory, ofProcess, m.Offset);
                return type.NotNil is KtapType.IntType ? Shaped(e.Ir, read, argument.Type, isNarrow: true) : read;
            default:
                return Shaped(e.Ir, Word(e, argument.Value), argument.Type, isNarrow: false);
        }
    }

    // What a place in memory is read as, and the type of the value.
    private (KtapType Type, CType InMemory, bool IsUser) Reading(FetchValue.Memory place, FetchType type)
    {
        var ofProcess = isUser || place.IsUser || type.IsUser;
        var number = new CType.Integer(type.Kind == FetchKind.Character ? "char" : $"{(type.IsSigned ? 's' : 'u')}{type.Size * 8}", type.Size, type.IsSigned);
        if (type.Kind == FetchKind.String) return (KernelEmitter.TypeOfText(site.Options.StringLength).OrNil, new CType.Array(new CType.Integer("char", 1, true), 0), ofProcess);
        if (type.Count == 0) return (new KtapType.IntType(FormatOf(type)).OrNil, number, ofProcess);
        var elements = new CType.Array(number, type.Count);
        return (_memory.TypeOf(elements, ofProcess, MayBeNil(place.Address))!, elements, ofProcess);
    }

    // A word that is no memory behind an address, or the word that stands there.
    private IrValue Word(KernelEmitter e, FetchValue value)
    {
        var ir = e.Ir;
        switch (value)
        {
            case FetchValue.Register r: return IrValue.OfInt(Register(ir, r.Offset));
            case FetchValue.Result: return IrValue.OfInt(Register(ir, Architecture.Registers[Architecture.Result]));
            case FetchValue.Stack: return IrValue.OfInt(Register(ir, Architecture.Registers[Architecture.StackPointer]));
            case FetchValue.Constant c: return IrValue.OfInt(c.Value);
            case FetchValue.NamedParameter p when Parameter(p.Name) is { } field: return field.Emit(e);
            case FetchValue.Parameter p when p.Number <= Architecture.FunctionArguments.Length:
                return IrValue.OfInt(Register(ir, Architecture.Registers[Architecture.FunctionArguments[p.Number - 1]]));
            case FetchValue.Parameter p:
                return OnStack(e, p.Number - 1 - Architecture.FunctionArguments.Length + (Architecture.StackedReturnAddress ? 1 : 0));
            case FetchValue.StackWord s: return OnStack(e, s.Index);
            case FetchValue.Memory m:
                var ofProcess = isUser || m.IsUser;
                return _memory.At(e, Pointer(Word(e, m.Address), ofProcess), WordType, ofProcess, m.Offset);
            default: throw new InvalidOperationException($"{value} is no word");
        }
    }

    private CType.Integer WordType => new("unsigned long", Architecture.WordSize, false);

    private IrValue OnStack(KernelEmitter e, int index) =>
        _memory.At(e, Pointer(Word(e, new FetchValue.Stack()), isUser), WordType, isUser, (long)index * Architecture.WordSize);

    private bool MayBeNil(FetchValue value) => value switch
    {
        FetchValue.Memory or FetchValue.StackWord => true,
        FetchValue.Parameter p => p.Number > Architecture.FunctionArguments.Length,
        FetchValue.NamedParameter p => Parameter(p.Name) is { Type.MayBeNil: true },
        _ => false,
    };

    private static IrValue Pointer(IrValue word, bool isUser) =>
        IrValue.OfWord(new KtapType.PointerType(new CType.Void(), isUser), word.Word) is var pointer && word.Present is { } present ? pointer.When(present) : pointer;

    // On 32-bit machines the context's registers are still words of the program's own size.
    private VReg Register(IrBuilder ir, int offset) => ir.Load(ir.Context(), offset, Architecture.WordSize);

    // Cuts a word to the size of the type, takes a bit field out of it, and says how it prints.
    private static IrValue Shaped(IrBuilder ir, IrValue value, FetchType type, bool isNarrow)
    {
        var word = value.Word;
        if (type.Bits.Width > 0) word = Cut(ir, word, 64 - type.Bits.Width - type.Bits.Offset, 64 - type.Bits.Width, false);
        else if (!isNarrow && type.Size < 8) word = Cut(ir, word, 64 - type.Size * 8, 64 - type.Size * 8, type.IsSigned);
        var shaped = IrValue.OfWord(new KtapType.IntType(FormatOf(type)), word);
        return value.Present is { } present ? shaped.When(present) : shaped;
    }

    private static IrOperand Cut(IrBuilder ir, IrOperand word, int left, int right, bool isSigned) =>
        ir.Binary(isSigned ? IrBinary.ShrS : IrBinary.ShrU, left == 0 ? word : ir.Binary(IrBinary.Shl, word, left), right);

    private static IntFormat? FormatOf(FetchType type) => type switch
    {
        { Kind: FetchKind.Hexadecimal } => IntFormat.Hex,
        { Kind: FetchKind.Character } => IntFormat.Char,
        { Kind: FetchKind.Symbol } => IntFormat.Kernel,
        { Kind: FetchKind.Number, Size: 8, IsSigned: false, Bits.Width: 0 } => IntFormat.UnsignedInt,
        _ => null,
    };
}

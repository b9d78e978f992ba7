using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// Reads C data through pointers: the members of structs and the elements of arrays. A struct in a struct, and an array that is no string, is
/// its address; all else is read by a helper that can't hurt: a read that faults gives nil and is counted. Through nil there is only nil.
/// </summary>
/// <param name="Types">The C types.</param>
/// <param name="StringLength">The most bytes of a string whose length isn't known (<c>--strlen</c>).</param>
/// <param name="IsBigEndian">The target's byte order.</param>
public sealed record MemoryReader(CTypes Types, int StringLength, bool IsBigEndian)
{
    /// <summary>
    /// Whether addresses of the process are read too where nothing says which memory a pointer leads to. The kernel tells by the address, on
    /// architectures where the two can't be confused (CONFIG_ARCH_HAS_NON_OVERLAPPING_ADDRESS_SPACE), as it does for its own probe events.
    /// </summary>
    public bool ReadsEither { get; init; }

    /// <summary>The reader for the events of a site.</summary>
    public static MemoryReader Of(ProbeSite site) => new(site.Options.Types, site.Options.StringLength, site.Target.Architecture.IsBigEndian);

    /// <summary>The ktap type of a place of a C type, found through a pointer that may itself be nil or not; null where C has no value of the type (void).</summary>
    public KtapType? TypeOf(CType type, bool isUser, bool mayBeNil) => Types.Resolve(type) switch
    {
        CType.Integer { Size: 1 or 2 or 4 or 8 } i => new KtapType.IntType(i is { Size: 8, IsSigned: false } ? IntFormat.UnsignedInt : null).OrNil,
        CType.Enumeration e => new KtapType.IntType(e.Format).OrNil,
        CType.Pointer p => new KtapType.PointerType(p.Target, isUser || p.IsUser).OrNil,
        CType.Array { Element: CType.Integer { IsChar: true } } a => TextType(a.Length).OrNil,
        CType.Array a => AddressType(a.Element, isUser, mayBeNil, a.Length),
        CType.Aggregate or CType.Function => AddressType(type, isUser, mayBeNil),
        _ => null,
    };

    /// <summary>A member of the struct that a pointer leads to.</summary>
    public IrValue Member(KernelEmitter e, IrValue pointer, CType.Aggregate root, CMember member, bool isUser)
    {
        if (member.BitSize > 0) return Bits(e, pointer, root, member, isUser);
        return Read(e, pointer, member.Type, isUser, word => Add(e.Ir, word, Offset(e.Ir, root, member, CoreRelocationKind.FieldByteOffset, member.BitOffset / 8)));
    }

    /// <summary>The address of a member.</summary>
    public IrValue Address(KernelEmitter e, IrValue pointer, CType.Aggregate root, CMember member) =>
        IrValue.OfInt(Add(e.Ir, pointer.Word, Offset(e.Ir, root, member, CoreRelocationKind.FieldByteOffset, member.BitOffset / 8)));

    /// <summary>The member of a path (<c>real_parent.tgid</c>) through structs that the target's BTF has; nil where it is without BTF, or has no such member.</summary>
    public IrValue Path(KernelEmitter e, IrValue pointer, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (pointer.Type.NotNil is not KtapType.PointerType { Pointee: CType.Aggregate root } p || Types.Member(root, name) is not { } member) return IrValue.Nil;
            pointer = Member(e, pointer, root, member, p.IsUser);
        }
        return pointer;
    }

    /// <summary>What stands at an offset of so many bytes behind a pointer; the offset is not looked at where the pointer is nil.</summary>
    public IrValue At(KernelEmitter e, IrValue pointer, CType type, bool isUser, IrOperand offset) =>
        Read(e, pointer, type, isUser, word => Add(e.Ir, word, offset));

    private KtapType.StringType TextType(int length) =>
        length == 0 || length > StringLength ? KernelEmitter.TypeOfText(StringLength) : KtapType.String(length);

    private IrValue Read(KernelEmitter e, IrValue pointer, CType type, bool isUser, Func<IrOperand, IrOperand> place)
    {
        var known = Types.Resolve(type);
        if (pointer.Type is KtapType.NilType || TypeOf(type, isUser, pointer.Present is not null) is not { } value) return IrValue.Nil;
        return known switch
        {
            CType.Integer i => Word(e, pointer, isUser, value.NotNil, i.Size, i.IsSigned, place),
            CType.Enumeration n => Word(e, pointer, isUser, value.NotNil, n.Size, n.IsSigned, place),
            CType.Pointer => Word(e, pointer, isUser, value.NotNil, Types.WordSize, false, place),
            CType.Array a when value.NotNil is KtapType.StringType text => Text(e, pointer, isUser, text, a.Length, place),
            _ => IrValue.OfWord(value.NotNil, place(pointer.Word)) is var address && pointer.Present is { } present ? address.When(present) : address,
        };
    }

    private IrValue Word(KernelEmitter e, IrValue pointer, bool isUser, KtapType type, int size, bool isSigned, Func<IrOperand, IrOperand> place)
    {
        var ir = e.Ir;
        var buffer = e.Buffer(8, "member");
        var (word, present) = (ir.Copy(0L), ir.Copy(0L));
        Guarded(e, pointer, () => ir.Call(Helper(isUser), CallEffect.Any, buffer, size, place(pointer.Word)), () =>
        {
            ir.Assign(word, ir.Load(buffer, 0, size, isSigned));
            // A null pointer is nil, as the last of argv and the parent of the first task.
            ir.Assign(present, type is KtapType.PointerType ? ir.Compare(IrCondition.Ne, word, 0) : 1L);
        });
        return IrValue.OfWord(type, word).When(present);
    }

    private IrValue Text(KernelEmitter e, IrValue pointer, bool isUser, KtapType.StringType type, int length, Func<IrOperand, IrOperand> place)
    {
        var ir = e.Ir;
        var helper = isUser ? BpfHelper.ProbeReadUserStr : ReadsEither ? BpfHelper.ProbeReadStr : BpfHelper.ProbeReadKernelStr;
        var buffer = e.ZeroedBuffer(type.Capacity, "string");
        var present = ir.Copy(0L);
        // One byte more than the array has: the helper makes the last one NUL.
        Guarded(e, pointer, () => length == 0 || length > StringLength
            ? e.ReadText(buffer, helper, place(pointer.Word), StringLength)
            : ir.Call(helper, CallEffect.Any, buffer, length + 1, place(pointer.Word)), () => ir.Assign(present, 1));
        return IrValue.OfString(type.Capacity, buffer).When(present);
    }

    // The unit that holds the field is read, then shifted left until the field is at the top, and right until it is at the bottom.
    // Which unit that is follows libbpf (bpf_core_calc_field_relo), so that its relocations fit.
    private IrValue Bits(KernelEmitter e, IrValue pointer, CType.Aggregate root, CMember member, bool isUser)
    {
        var (ir, type) = (e.Ir, TypeOf(member.Type, isUser, true));
        if (pointer.Type is KtapType.NilType || type is null) return IrValue.Nil;
        var size = Types.SizeOf(member.Type) ?? 8;
        var at = member.BitOffset / 8 / size * size;
        while (member.BitOffset + member.BitSize - at * 8 > size * 8 && size < 8)
        {
            size *= 2;
            at = member.BitOffset / 8 / size * size;
        }
        var from = member.BitOffset - at * 8;
        var left = IsBigEndian ? (8 - size) * 8 + from : 64 - (from + member.BitSize);
        var isSigned = Types.Resolve(member.Type) is CType.Integer { IsSigned: true } or CType.Enumeration { IsSigned: true };

        var buffer = e.ZeroedBuffer(8, "bit field");
        var (word, present) = (ir.Copy(0L), ir.Copy(0L));
        Guarded(e, pointer, () =>
        {
            var bytes = Offset(ir, root, member, CoreRelocationKind.FieldByteSize, size);
            var to = IsBigEndian ? ir.Binary(IrBinary.Add, buffer, ir.Binary(IrBinary.Sub, 8L, bytes)) : buffer;
            var address = Add(ir, pointer.Word, Offset(ir, root, member, CoreRelocationKind.FieldByteOffset, at));
            return ir.Call(Helper(isUser), CallEffect.Any, to, bytes, address);
        }, () =>
        {
            var top = ir.Binary(IrBinary.Shl, ir.Load(buffer, 0), Offset(ir, root, member, CoreRelocationKind.FieldLeftShift, left));
            ir.Assign(word, ir.Binary(isSigned ? IrBinary.ShrS : IrBinary.ShrU, top, Offset(ir, root, member, CoreRelocationKind.FieldRightShift, 64 - member.BitSize)));
            ir.Assign(present, 1);
        });
        return IrValue.OfWord(type.NotNil, word).When(present);
    }

    // Reads where there is a pointer, and counts where that faults.
    private static void Guarded(KernelEmitter e, IrValue pointer, Func<VReg> read, Action good)
    {
        var ir = e.Ir;
        var (there, fault, fine, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        if (pointer.Present is { } present) ir.Branch(IrCondition.Ne, present, 0, there, done);
        ir.Start(there);
        ir.Branch(IrCondition.LtS, read(), 0, fault, fine);
        ir.Start(fault);
        e.CountError(HandlerError.Fault);
        ir.Jump(done);
        ir.Start(fine);
        good();
        ir.Start(done);
    }

    // A fact of a member's place: relocated where the kernel has the struct under a name, else as the declaration has it.
    private IrOperand Offset(IrBuilder ir, CType.Aggregate root, CMember member, CoreRelocationKind kind, int value)
    {
        var id = Types.KernelId(root);
        if (id == 0 || root.Name.Length == 0 || member.Path.IsEmpty) return value;
        var offset = ir.NewRegister();
        ir.Emit(new IrOp.FieldOffset(offset, new CoreField(id, "0:" + string.Join(':', member.Path), $"{root}.{member.Name}") { Kind = kind }, value, ir.Span));
        return offset;
    }

    private static IrOperand Add(IrBuilder ir, IrOperand word, IrOperand offset) =>
        offset.Register is null && offset.Immediate == 0 ? word : ir.Binary(IrBinary.Add, word, offset);

    private static KtapType AddressType(CType of, bool isUser, bool mayBeNil, int elements = 0) =>
        new KtapType.PointerType(of, isUser) { Elements = elements } is var type && mayBeNil ? type.OrNil : type;

    private BpfHelper Helper(bool isUser) => isUser ? BpfHelper.ProbeReadUser : ReadsEither ? BpfHelper.ProbeRead : BpfHelper.ProbeReadKernel;
}

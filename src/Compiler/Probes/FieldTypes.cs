using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>From the C type of an event's field to the ktap type of its value, and the code that reads it.</summary>
public static class FieldTypes
{
    // Types of system call arguments narrower than a register (asm-generic and include/linux/types.h): bytes and sign.
    private static readonly Dictionary<string, (int Size, bool Signed)> Narrow = new()
    {
        ["int"] = (4, true), ["unsigned int"] = (4, false), ["unsigned"] = (4, false), ["char"] = (1, true), ["short"] = (2, true),
        ["unsigned short"] = (2, false), ["unsigned char"] = (1, false), ["u32"] = (4, false), ["__u32"] = (4, false), ["s32"] = (4, true),
        ["__s32"] = (4, true), ["u16"] = (2, false), ["__u16"] = (2, false), ["u8"] = (1, false), ["__u8"] = (1, false), ["bool"] = (1, false),
        ["pid_t"] = (4, true), ["uid_t"] = (4, false), ["gid_t"] = (4, false), ["umode_t"] = (2, false), ["mode_t"] = (4, false),
        ["key_t"] = (4, true), ["clockid_t"] = (4, true), ["timer_t"] = (4, true), ["mqd_t"] = (4, true), ["qid_t"] = (4, false),
        ["rwf_t"] = (4, true), ["key_serial_t"] = (4, true), ["socklen_t"] = (4, false), ["__kernel_timer_t"] = (4, true),
        ["const int"] = (4, true), ["const clockid_t"] = (4, true), ["enum landlock_rule_type"] = (4, false),
    };

    /// <summary>Size and sign of a system call's argument: its format says 8 bytes for all, so the C type decides. Types not known here fill the register.</summary>
    public static (int Size, bool Signed) OfArgument(string type) => Narrow.GetValueOrDefault(type, (8, true));

    /// <summary>The ktap type of a scalar of a C type: pointers keep theirs, enums that the target's BTF has print by name.</summary>
    public static KtapType Scalar(string text, bool isUser, CTypes types)
    {
        if (!text.Contains('*') && !text.StartsWith("enum ", StringComparison.Ordinal)) return KtapType.Int;
        try
        {
            return types.Parse(text) switch
            {
                CType.Pointer pointer => new KtapType.PointerType(pointer.Target, isUser || pointer.IsUser),
                var named when types.Resolve(named) is CType.Enumeration known => new KtapType.IntType(known.Format),
                _ => KtapType.Int,
            };
        }
        catch (FormatException)
        {
            // A declaration that is no C: the value is a number all the same.
            return KtapType.Int;
        }
    }

    /// <summary>A field of a tracepoint's record, read through the context; null where its type (an array of numbers) has no value in the language.</summary>
    public static ProbeField? OfRecord(TracepointField field, int stringLength, CTypes types)
    {
        if (field.IsString && field.Location == DataLocation.None)
        {
            var type = IsTaskName(field) ? new KtapType.StringType(field.Size) : KtapType.String(field.Size);
            return new ProbeField(field.Name, type, e => FixedString(e, field, type.Capacity));
        }
        if (field.IsString) return new ProbeField(field.Name, KernelEmitter.TypeOfText(stringLength), e => DynamicString(e, field, stringLength));
        if (field is { IsArray: true, Location: DataLocation.None } && ElementOf(field, types) is { } element)
        {
            var address = new KtapType.PointerType(element, IsUser: false) { Elements = field.ArrayLength ?? 0 };
            return new ProbeField(field.Name, address, e => IrValue.OfWord(address, e.Ir.Binary(IrBinary.Add, e.Ir.Context(), field.Offset)));
        }
        if (field.IsArray || field.Location != DataLocation.None || field.Size is not (1 or 2 or 4 or 8)) return null;
        var scalar = Scalar(field.TypeText, isUser: false, types);
        return new ProbeField(field.Name, scalar, e =>
            IrValue.OfWord(scalar, e.Ir.Load(e.Ir.Context(), field.Offset, field.Size, field.IsSigned)));
    }

    private static CType? ElementOf(TracepointField field, CTypes types)
    {
        try
        {
            return types.Parse(field.TypeText) is var element && types.SizeOf(element) is > 0 ? element : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // The kernel keeps task names padded with NULs, at least one; other arrays may be full, or hold stale bytes after the end.
    private static bool IsTaskName(TracepointField field) => field.Name.EndsWith("comm", StringComparison.Ordinal) && field.Size % 8 == 0 && field.Offset % 8 == 0;

    private static IrValue FixedString(KernelEmitter e, TracepointField field, int capacity)
    {
        if (IsTaskName(field))
        {
            var words = e.Buffer(capacity, field.Name);
            for (var at = 0; at < capacity; at += 8) e.Ir.Store(words, at, e.Ir.Load(e.Ir.Context(), field.Offset + at));
            return IrValue.OfString(capacity, words);
        }
        // One byte more than the array has: the helper makes the last one NUL.
        var buffer = e.ZeroedBuffer(capacity, field.Name);
        e.Ir.CallVoid(BpfHelper.ProbeReadKernelStr, buffer, field.Size + 1, e.Ir.Binary(IrBinary.Add, e.Ir.Context(), field.Offset));
        return IrValue.OfString(capacity, buffer);
    }

    private static IrValue DynamicString(KernelEmitter e, TracepointField field, int most)
    {
        // The low half of the word is the offset of the bytes (linux/trace_events.h: __data_loc), from the record or from the word's end.
        var offset = e.Ir.Load(e.Ir.Context(), field.Offset, 2);
        if (field.Location == DataLocation.RelLoc) offset = e.Ir.Binary(IrBinary.Add, offset, field.Offset + field.Size);
        var capacity = KernelEmitter.TypeOfText(most).Capacity;
        var buffer = e.ZeroedBuffer(capacity, field.Name);
        e.ReadText(buffer, BpfHelper.ProbeReadKernelStr, e.Ir.Binary(IrBinary.Add, e.Ir.Context(), offset), most);
        return IrValue.OfString(capacity, buffer);
    }
}

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

    /// <summary>The ktap type of a scalar of a C type.</summary>
    public static KtapType Scalar(string type, bool isUser) =>
        new CType(type) is { IsPointer: true } pointer ? new KtapType.PointerType(pointer.Pointee, isUser) : KtapType.Int;

    /// <summary>A field of a tracepoint's record, read through the context; null where its type (an array of numbers) has no value in the language.</summary>
    public static ProbeField? OfRecord(TracepointField field, int stringLength)
    {
        if (field.IsString && field.Location == DataLocation.None)
        {
            var type = (KtapType.StringType)KtapType.String(field.ArrayLength ?? field.Size);
            return new ProbeField(field.Name, type, e => FixedString(e, field, type.Capacity));
        }
        if (field.IsString)
        {
            var type = (KtapType.StringType)KtapType.String(stringLength);
            return new ProbeField(field.Name, type, e => DynamicString(e, field, type.Capacity));
        }
        if (field.IsArray || field.Location != DataLocation.None || field.Size is not (1 or 2 or 4 or 8)) return null;
        var scalar = Scalar(field.TypeText, isUser: false);
        return new ProbeField(field.Name, scalar, e =>
            IrValue.OfWord(scalar, e.Ir.Load(e.Ir.Context(), field.Offset, field.Size, field.IsSigned)));
    }

    private static IrValue FixedString(KernelEmitter e, TracepointField field, int capacity)
    {
        // The kernel keeps task names padded with NULs, so they can be copied as words; other arrays may hold stale bytes after the end.
        if (field.Name.EndsWith("comm", StringComparison.Ordinal) && capacity == field.Size && field.Offset % 8 == 0)
        {
            var words = e.Buffer(capacity, field.Name);
            for (var at = 0; at < capacity; at += 8) e.Ir.Store(words, at, e.Ir.Load(e.Ir.Context(), field.Offset + at));
            return IrValue.OfString(capacity, words);
        }
        return CopyString(e, e.Ir.Binary(IrBinary.Add, e.Ir.Context(), field.Offset), field.Size, capacity, field.Name);
    }

    private static IrValue DynamicString(KernelEmitter e, TracepointField field, int capacity)
    {
        // The low half of the word is the offset of the bytes (linux/trace_events.h: __data_loc), from the record or from the word's end.
        var offset = e.Ir.Load(e.Ir.Context(), field.Offset, 2);
        if (field.Location == DataLocation.RelLoc) offset = e.Ir.Binary(IrBinary.Add, offset, field.Offset + field.Size);
        return CopyString(e, e.Ir.Binary(IrBinary.Add, e.Ir.Context(), offset), capacity, capacity, field.Name);
    }

    private static IrValue CopyString(KernelEmitter e, VReg from, int size, int capacity, string purpose)
    {
        var buffer = e.ZeroedBuffer(capacity, purpose);
        e.Ir.CallVoid(BpfHelper.ProbeReadKernelStr, buffer, size, from);
        return IrValue.OfString(capacity, buffer);
    }
}

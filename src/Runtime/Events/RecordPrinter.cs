using System.Collections.Immutable;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.Rendering;

namespace Ktap.Runtime.Events;

/// <summary>
/// One <c>printf</c> of a handler, taken apart beforehand: it writes from the bytes of a record to the output, without a value in between. A million a second
/// leave no time for more. It does what the evaluator's <c>printf</c> does, for integers and strings that can't be nil.
/// </summary>
internal sealed class RecordPrinter
{
    private readonly Printf _printf;
    private readonly bool _timestamps;
    private readonly ImmutableArray<Piece> _pieces;

    private RecordPrinter(Printf printf, bool timestamps, ImmutableArray<Piece> pieces) => (_printf, _timestamps, _pieces) = (printf, timestamps, pieces);

    /// <summary>The printer of a site, or null where its calls are for the evaluator: other builtins, formats that aren't constant, and arguments of other kinds.</summary>
    public static RecordPrinter? For(OutputSite site, bool timestamps, Printf printf)
    {
        if (!site.Builtin.IsFormatted || site.Arguments is not [OutputArgument.Constant { Value.Kind: ValueKind.String } text, ..]) return null;
        if (PrintfFormat.TryParse(text.Value.AsString, out _) is not { } format || format.ArgumentCount >= site.Arguments.Length) return null;

        var at = RecordLayout.HeaderSize(timestamps);
        var places = new (KtapType Type, int Offset)[site.Arguments.Length - 1];
        for (var i = 0; i < places.Length; i++)
        {
            if (site.Arguments[i + 1] is not OutputArgument.Dynamic argument) return null;
            places[i] = (argument.Type, at);
            at += RecordLayout.SizeOf(argument.Type);
        }
        var pieces = ImmutableArray.CreateBuilder<Piece>();
        foreach (var piece in format.Pieces)
        {
            if (PieceOf(piece, places) is not { } made) return null;
            pieces.Add(made);
        }
        return new RecordPrinter(printf, timestamps, pieces.ToImmutable());
    }

    /// <summary>Writes what the call that a record stands for prints.</summary>
    public void Write(OutputBuffer output, ReadOnlySpan<byte> record)
    {
        if (_timestamps) WriteTime(output, BitConverter.ToInt64(record[8..]));
        foreach (var piece in _pieces)
        {
            if (piece.Literal is { } literal)
            {
                output.Write(literal.Span);
                continue;
            }
            var bytes = record[piece.Offset..];
            switch (piece.Kind)
            {
                case 's':
                    var text = bytes[..piece.Capacity];
                    _printf.WriteText(output, text[..text.IndexOf((byte)0)], piece.Flags, piece.Width, piece.Precision);
                    break;
                case 'd' when piece.IsPlain:
                    output.Write(BitConverter.ToInt64(bytes));
                    break;
                default:
                    PrintfInteger.Write(output, piece.Kind, BitConverter.ToInt64(bytes), piece.Flags, piece.Width, piece.Precision);
                    break;
            }
        }
    }

    /// <summary>The time in front of a line (<c>-T</c>): seconds of the monotonic clock with six places.</summary>
    public static void WriteTime(OutputBuffer output, long nanoseconds)
    {
        output.Write(nanoseconds / 1_000_000_000);
        output.Write((byte)'.');
        output.Write(nanoseconds / 1000 % 1_000_000, "D6");
        output.Write((byte)' ');
    }

    private static Piece? PieceOf(PrintfPiece piece, (KtapType Type, int Offset)[] places)
    {
        if (piece is PrintfPiece.Literal literal) return new Piece { Literal = literal.Text };
        var conversion = (PrintfPiece.Conversion)piece;
        if (conversion.WidthFromArgument || conversion.PrecisionFromArgument || conversion.Kind == 'c') return null;
        var (type, offset) = places[conversion.ValueArgument];
        var fits = conversion.WantsInteger ? type is KtapType.IntType or KtapType.PointerType : type is KtapType.StringType;
        return !fits ? null : new Piece
        {
            Offset = offset,
            Kind = conversion.Kind,
            Flags = conversion.Flags,
            Width = conversion.Width,
            Precision = conversion.Precision,
            Capacity = (type as KtapType.StringType)?.Capacity ?? 0,
            IsPlain = conversion is { Flags: PrintfFlags.None, Width: 0, Precision: < 0 },
        };
    }

    // Text that goes out as it is, or a conversion of what is at a place of the record.
    private readonly struct Piece
    {
        public KString? Literal { get; init; }

        public int Offset { get; init; }

        public int Capacity { get; init; }

        public int Width { get; init; }

        public int Precision { get; init; }

        public char Kind { get; init; }

        public PrintfFlags Flags { get; init; }

        public bool IsPlain { get; init; }
    }
}

using System.Globalization;
using System.Text;

namespace Ktap.Compiler.Builtins;

/// <summary>strftime(3) with the names of the C locale.</summary>
public static class TimeFormat
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Formats a time. <paramref name="utcOffset"/> tells how far local time is ahead at a time in UTC.</summary>
    public static string Format(string format, long nanoseconds, Func<DateTime, TimeSpan> utcOffset)
    {
        // Rounded down, so that times before 1970 have positive fractions.
        var fraction = (int)(((nanoseconds % 1_000_000_000) + 1_000_000_000) % 1_000_000_000);
        var seconds = (nanoseconds - fraction) / 1_000_000_000;
        var utc = DateTime.UnixEpoch.AddTicks((nanoseconds - fraction) / NanosecondsPerTick);
        var offset = utcOffset(utc);
        var local = utc + offset;
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
            if (format[i] != '%' || i + 1 == format.Length) text.Append(format[i]);
            else text.Append(Field(format[++i], local, offset, seconds, fraction));
        return text.ToString();
    }

    private static string Field(char letter, DateTime t, TimeSpan offset, long seconds, int fraction) => letter switch
    {
        'a' => t.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => t.ToString("dddd", CultureInfo.InvariantCulture),
        'b' or 'h' => t.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => t.ToString("MMMM", CultureInfo.InvariantCulture),
        'c' => $"{Field('a', t, offset, seconds, fraction)} {Field('b', t, offset, seconds, fraction)} {t.Day,2} {t:HH\\:mm\\:ss} {t.Year:D4}",
        'C' => $"{t.Year / 100:D2}",
        'd' => $"{t.Day:D2}",
        'D' or 'x' => $"{t.Month:D2}/{t.Day:D2}/{t.Year % 100:D2}",
        'e' => $"{t.Day,2}",
        'f' => $"{fraction / 1000:D6}",
        'F' => $"{t.Year:D4}-{t.Month:D2}-{t.Day:D2}",
        'H' => $"{t.Hour:D2}",
        'I' => $"{(t.Hour + 11) % 12 + 1:D2}",
        'j' => $"{t.DayOfYear:D3}",
        'k' => $"{t.Hour,2}",
        'l' => $"{(t.Hour + 11) % 12 + 1,2}",
        'm' => $"{t.Month:D2}",
        'M' => $"{t.Minute:D2}",
        'n' => "\n",
        'N' => $"{fraction:D9}",
        'p' => t.Hour < 12 ? "AM" : "PM",
        'P' => t.Hour < 12 ? "am" : "pm",
        'r' => $"{(t.Hour + 11) % 12 + 1:D2}:{t.Minute:D2}:{t.Second:D2} {Field('p', t, offset, seconds, fraction)}",
        'R' => $"{t.Hour:D2}:{t.Minute:D2}",
        's' => seconds.ToString(CultureInfo.InvariantCulture),
        'S' => $"{t.Second:D2}",
        't' => "\t",
        'T' or 'X' => $"{t.Hour:D2}:{t.Minute:D2}:{t.Second:D2}",
        'u' => $"{((int)t.DayOfWeek + 6) % 7 + 1}",
        'w' => $"{(int)t.DayOfWeek}",
        'y' => $"{t.Year % 100:D2}",
        'Y' => $"{t.Year:D4}",
        'z' or 'Z' => $"{(offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs(offset.Hours):D2}{Math.Abs(offset.Minutes):D2}",
        '%' => "%",
        _ => $"%{letter}",
    };
}

# Draws results.json as an SVG: a small chart of bars for each script, in nanoseconds a call, and compile time against length.
function field(name,   at, rest) {
    at = index($0, "\"" name "\": ")
    if (!at) return ""
    rest = substr($0, at + length(name) + 4)
    if (rest ~ /^"/) { rest = substr(rest, 2); return substr(rest, 1, index(rest, "\"") - 1) }
    match(rest, /^[-0-9.a-z]+/)
    return substr(rest, 1, RLENGTH)
}
function text(x, y, anchor, what, more) { printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>\n", x, y, anchor, more, what }
function log10(n) { return log(n) / log(10) }

# One bar; a value that isn't there says so.
function bar(x, y, label, value, most, colour, bold,   width) {
    text(x + left - 6, y + 12, "end", label, bold)
    if (value == "null" || value == "") { text(x + left + 4, y + 12, "start", "none", " class=\"quiet\""); return }
    value += 0
    width = value > 0 ? value / most * (cell - left - 60) : 0
    printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"15\" fill=\"%s\"/>\n", x + left, y, width < 1 ? 1 : width, colour
    text(x + left + width + 5, y + 12, "start", sprintf(value >= 100 ? "%.0f ns" : "%.1f ns", value), bold)
}

function chart(i,   x, y, b, most) {
    x = margin + ((i - 1) % 3) * (cell + gap); y = top + int((i - 1) / 3) * row
    text(x, y, "start", what[i], " class=\"title\"")
    most = 1
    for (b = 1; b <= 5; b++) if (values[i, b] + 0 > most) most = values[i, b] + 0
    for (b = 1; b <= 5; b++) bar(x, y + 8 + (b - 1) * 20, labels[b], values[i, b], most, colours[b], b == 1 ? " font-weight=\"bold\"" : "")
    printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#444\"/>\n", x + left, y + 4, x + left, y + 110
}

# Both axes are logarithmic, so that what grows in step with the length is a straight line as steep as the grey one.
function compile_chart(i,   x, y, w, h, j, px, py, path, low, high) {
    x = margin + ((i - 1) % 3) * (cell + gap); y = top + int((i - 1) / 3) * row
    text(x, y, "start", "compile time by lines (dashed: linear)", " class=\"title\"")
    w = cell - left - 60; h = 78; low = 1; high = 5
    for (j = low; j <= high; j++) {
        py = y + 92 - (j - low) / (high - low) * h
        printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", x + left, py, x + left + w, py
        text(x + left - 6, py + 4, "end", sprintf("%d ms", 10 ^ j), "")
    }
    for (j = 1; j <= 3; j++) {
        px = x + left + 14 + (j - 1) / 2 * (w - 28)
        py = y + 92 - (log10(compiled[j] > 10 ? compiled[j] : 10) - low) / (high - low) * h
        path = path (j == 1 ? "M" : " L") sprintf("%.1f %.1f", px, py)
        text(px, y + 108, "middle", j == 1 ? "1,000" : j == 2 ? "10,000" : "100,000", "")
        points = points sprintf("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", px, py, colours[1])
        if (j == 2) { midx = px; midy = py }
        points = points sprintf("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-weight=\"bold\">%.0f ms</text>\n", j == 3 ? px - 8 : px + 8, j == 3 ? py + 2 : py + 14, j == 3 ? "end" : "start", compiled[j])
    }
    # Ten times the time for ten times the lines, through the middle point.
    printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#bbb\" stroke-dasharray=\"4 3\"/>\n", midx - (w - 28) / 2, midy + h / (high - low), midx + (w - 28) / 2, midy - h / (high - low)
    printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n%s", path, colours[1], points
}

NR == 1 { new = field("bpftrace_new"); old = field("bpftrace_old"); kernel = field("kernel") }
field("section") == "kernel" && field("what") !~ /^time added/ {
    what[++count] = field("what")
    split("ktap tuned plain new old", names, " ")
    for (b = 1; b <= 5; b++) values[count, b] = field(names[b])
}
field("section") == "compile" { compiled[++lengths] = field("ktap") }

END {
    cell = 320; gap = 24; row = 142; margin = 20; top = 74; left = 98
    width = 2 * margin + 3 * cell + 2 * gap
    height = top + int((count + 3) / 3) * row
    split("#c2410c #2563eb #93b4f5 #6b7280 #c4c8ce", colours, " ")
    labels[1] = "ktap"; labels[2] = "C, tuned"; labels[3] = "C, plain"; labels[4] = "bpftrace " new; labels[5] = "bpftrace " old
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n", width, height, width, height
    print "<style>.title { font-size: 14px; font-weight: bold } .quiet { fill: #888 }</style>"
    printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height
    text(margin, 26, "start", "Cost in the kernel, in nanoseconds a call above an empty program on the same event", " font-size=\"17\" font-weight=\"bold\"")
    text(margin, 45, "start", "shorter is better; each chart has a scale of its own; Linux " kernel, " class=\"quiet\"")
    for (i = 1; i <= count; i++) chart(i)
    if (lengths == 3) compile_chart(count + 1)
    print "</svg>"
}

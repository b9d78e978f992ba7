# One row: prints it as a line of the table and appends it as a line of JSON to the file `rows`. Input: a value or a target a line; see rows.sh.
function short(n) {
    if (!number(n)) return n == "" ? "-" : n
    n += 0
    return n >= 100 || n <= -100 ? sprintf("%.0f", n) : n >= 10 || n <= -10 ? sprintf("%.1f", n) : sprintf("%.2f", n)
}
function line(a, b, c, d, e, f, least, g, h, i) { printf "%-58s %9s %9s %9s %9s %9s %9s  %-26s %6s  %s\n", a, b, c, d, e, f, least, g, h, i }
function number(n) { return n ~ /^-?[0-9]*[.]?[0-9]+$/ }

BEGIN {
    name["new"] = "bpftrace " new; name["old"] = "bpftrace " old; name["plain"] = "plain C"; name["tuned"] = "tuned C"
    name["hash"] = "a hash"; name["empty"] = "empty program"; name["own"] = "the map's own"; name["tenth"] = "a tenth as long"
    if (header) {
        line("", "bpftrace", "bpftrace", "C", "C", "ktap", "", "target", "ratio", "")
        line("", new, old, "plain", "tuned", "median", "least", "", "", "")
        exit
    }
}
/^[a-z]+=/ { at = index($0, "="); v[substr($0, 1, at - 1)] = substr($0, at + 1); next }
{ targets[++count] = $0 }

END {
    if (header) exit
    if (!count) count = 1
    known = number(v["ktap"])
    got = v["ktap"] + 0
    for (i = 1; i <= count; i++) {
        split(targets[i], part, " ")
        kind = part[1]; factor = part[2] + 0; ratio = ""; verdict = ""; text = ""
        if (kind == "most") {
            text = "<= " factor " " unit
            if (known) verdict = got <= factor ? "pass" : "FAIL"
            if (known && factor) ratio = got / factor
        } else if (kind != "") {
            text = "<= " factor " x " name[kind]
            if (known && number(v[kind])) {
                against = v[kind] + 0
                ratio = against > 0 ? got / against : ""
                verdict = got <= factor * against + v["resolution"] ? "pass" : "FAIL"
            }
        }
        if (kind != "" && verdict == "") verdict = known ? "no yardstick" : "FAIL"
        if (i == 1)
            line(what ", " unit, short(v["new"]), short(v["old"]), short(v["plain"]), short(v["tuned"]), short(v["ktap"]), short(v["least"]), text, ratio == "" ? "" : sprintf("%.2f", ratio), verdict)
        else
            line("", "", "", "", "", "", "", text, ratio == "" ? "" : sprintf("%.2f", ratio), verdict)
        if (text != "") json = json (json == "" ? "" : ", ") sprintf("{ \"target\": \"%s\", \"ratio\": %s, \"verdict\": \"%s\" }", text, ratio == "" ? "null" : sprintf("%.3f", ratio), verdict)
    }
    if (v["note"] != "") printf "    %s\n", v["note"]
    out = sprintf("{ \"section\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\"", section, what, unit)
    split("new old plain tuned ktap least resolution", names, " ")
    for (i = 1; i <= 7; i++) out = out sprintf(", \"%s\": %s", names[i], number(v[names[i]]) ? v[names[i]] : "null")
    gsub(/["\\]/, "", v["note"])
    print out ", \"targets\": [" json "], \"note\": \"" v["note"] "\" }" >>rows
}

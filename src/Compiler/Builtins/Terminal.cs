using System.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>ANSI terminal control. Handlers defer these.</summary>
internal static class Terminal
{
    public static readonly BuiltinFamily Family = new("Terminal",
    [
        Control("ansi.clear_screen", [], "Clears the terminal and moves to its top left corner.", _ => "\x1b[2J\x1b[1;1H"),
        Control("ansi.set_color", [Row.Int("color")], "Sets the colour: an ANSI number, 30 to 37.", args => $"\x1b[{args[0]}m"),
        Control("ansi.set_color2", [Row.Int("color"), Row.Int("background")], "Sets colour (30 to 37) and background (40 to 47).", args => $"\x1b[{args[0]};{args[1]}m"),
        Control("ansi.set_color3", [Row.Int("color"), Row.Int("background"), Row.Int("attribute")],
            "Sets colour, background and an attribute (1 bold, 4 underlined, 7 reversed; 0 none).",
            args => args[2] == Value.Int(0) ? $"\x1b[{args[0]};{args[1]}m" : $"\x1b[{args[0]};{args[1]};{args[2]}m"),
        Control("ansi.reset_color", [], "Sets colours and attributes back.", _ => "\x1b[0;0m"),
        Control("ansi.new_line", [], "Moves to the start of the next line.", _ => "\x1b[1E"),
    ]);

    private static Builtin Control(string name, System.Collections.Immutable.ImmutableArray<Parameter> parameters, string doc, Func<Value[], string> sequence) =>
        new(name, parameters, doc)
        {
            Prints = true,
            Deferred = true,
            User = (context, args) =>
            {
                context.World.Write(Encoding.ASCII.GetBytes(sequence(args)));
                return Value.Nil;
            },
        };
}

namespace Ktap.Compiler.Builtins;

/// <summary>Short forms for the parameters in the rows.</summary>
internal static class Row
{
    public static Parameter Any(string name) => new(name, ArgumentKind.Any);

    public static Parameter Int(string name) => new(name, ArgumentKind.Int);

    public static Parameter String(string name) => new(name, ArgumentKind.String);

    public static Parameter Table(string name) => new(name, ArgumentKind.Table);

    public static Parameter Function(string name) => new(name, ArgumentKind.Function);

    extension(Parameter parameter)
    {
        /// <summary>The same parameter, which may be left out.</summary>
        public Parameter Optional => parameter with { IsOptional = true };

        /// <summary>The same parameter, for any number of arguments from here on.</summary>
        public Parameter Rest => parameter with { IsRest = true };
    }
}

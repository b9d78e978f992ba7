using Ktap.Compiler.Binding;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>A function made ready to run; its body when it is first called.</summary>
internal sealed class FunctionCode
{
    private readonly Evaluator _evaluator;
    private readonly Variable[] _capturedParameters;
    private Step? _body;

    public FunctionCode(BoundFunction function, Evaluator evaluator)
    {
        Function = function;
        _evaluator = evaluator;
        LocalCount = function.Locals.Length;
        ParameterCount = function.Parameters.Length;
        HasCells = function.Locals.Any(v => v.IsCaptured);
        _capturedParameters = [.. function.Parameters.Where(v => v.IsCaptured)];
    }

    public BoundFunction Function { get; }

    public int LocalCount { get; }

    public int ParameterCount { get; }

    public bool HasCells { get; }

    public Step Body => _body ??= new Preparation(_evaluator, Function.Source).Prepare(Function.Body);

    /// <summary>Moves the parameters that closures capture into cells.</summary>
    public void MakeParameterCells(Frame frame)
    {
        foreach (var parameter in _capturedParameters) frame.Cells[parameter.Slot] = new Cell(parameter.Name, frame.Locals[parameter.Slot]);
    }
}

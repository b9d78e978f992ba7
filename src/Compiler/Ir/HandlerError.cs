namespace Ktap.Compiler.Ir;

/// <summary>The run-time errors of handlers: each is counted by kind and place, and reported at the end (language §1, §3).</summary>
public enum HandlerError
{
    /// <summary>Division or modulo by zero; the handler ended.</summary>
    DivideByZero,

    /// <summary>A loop went round too often; the handler ended.</summary>
    LoopLimit,

    /// <summary>The step of a loop over integers was 0; the handler ended.</summary>
    ZeroStep,

    /// <summary>A value was of a kind that the operation doesn't take, or nil; the handler ended.</summary>
    BadOperand,

    /// <summary>A read of kernel or user memory that faulted; it gave nil.</summary>
    Fault,

    /// <summary>A string was longer than its buffer and was cut.</summary>
    StringCut,

    /// <summary>The text of an event had no room in its record and was cut.</summary>
    EventCut,

    /// <summary>A table had no room for a new key.</summary>
    TableFull,

    /// <summary>The kernel refused an update for another reason (busy, no memory).</summary>
    UpdateRefused,

    /// <summary>The ring buffer had no room for output.</summary>
    OutputLost,

    /// <summary>The map of stacks had no room for one more; the value is nil.</summary>
    StacksFull,

    /// <summary>The kernel could not capture or keep a stack (busy, no memory), or its number was another stack's; the value is nil.</summary>
    StackLost,

    /// <summary>The kernel refused to send a signal.</summary>
    SignalRefused,

    /// <summary>A sample, or what should have been added to a slot, was nil.</summary>
    BadSample,
}

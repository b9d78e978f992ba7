namespace Ktap.Compiler.Bpf;

/// <summary>The helper functions of the kernel that tracing programs may want, by number (linux/bpf.h); in brackets the first kernel where later than 5.2.</summary>
public enum BpfHelper
{
    /// <summary>Address of a map's value for a key, or null.</summary>
    MapLookupElem = 1,
    /// <summary>Stores a key and value in a map.</summary>
    MapUpdateElem = 2,
    /// <summary>Removes a key from a map.</summary>
    MapDeleteElem = 3,
    /// <summary>Reads any memory; superseded by the user and kernel forms of 5.5.</summary>
    ProbeRead = 4,
    /// <summary>Monotonic time in nanoseconds, without suspend.</summary>
    KtimeGetNs = 5,
    /// <summary>Prints to the kernel's trace pipe.</summary>
    TracePrintk = 6,
    /// <summary>A random number.</summary>
    GetPrandomU32 = 7,
    /// <summary>The number of this CPU.</summary>
    GetSmpProcessorId = 8,
    /// <summary>Goes on in another program.</summary>
    TailCall = 12,
    /// <summary>Thread group in the high half, thread in the low half.</summary>
    GetCurrentPidTgid = 14,
    /// <summary>Group in the high half, user in the low half.</summary>
    GetCurrentUidGid = 15,
    /// <summary>Copies the task's name (16 bytes).</summary>
    GetCurrentComm = 16,
    /// <summary>Reads a performance counter.</summary>
    PerfEventRead = 22,
    /// <summary>Writes a record to a perf buffer.</summary>
    PerfEventOutput = 25,
    /// <summary>Stores the stack in a map and gives its id.</summary>
    GetStackid = 27,
    /// <summary>The address of the current task, as a number.</summary>
    GetCurrentTask = 35,
    /// <summary>Whether the task is in a cgroup of a map.</summary>
    CurrentTaskUnderCgroup = 37,
    /// <summary>The number of this NUMA node.</summary>
    GetNumaNodeId = 42,
    /// <summary>Reads a string; superseded by the user and kernel forms of 5.5.</summary>
    ProbeReadStr = 45,
    /// <summary>Reads a performance counter with its times.</summary>
    PerfEventReadValue = 55,
    /// <summary>Reads the counter that triggered this program.</summary>
    PerfProgReadValue = 56,
    /// <summary>Makes the probed function return at once (needs error injection).</summary>
    OverrideReturn = 58,
    /// <summary>Copies the stack into a buffer.</summary>
    GetStack = 67,
    /// <summary>The id of the task's cgroup (v2).</summary>
    GetCurrentCgroupId = 80,
    /// <summary>Puts a value into a queue or stack.</summary>
    MapPushElem = 87,
    /// <summary>Takes a value from a queue or stack.</summary>
    MapPopElem = 88,
    /// <summary>Reads the next value of a queue or stack.</summary>
    MapPeekElem = 89,
    /// <summary>Takes the lock in a map's value.</summary>
    SpinLock = 93,
    /// <summary>Releases the lock in a map's value.</summary>
    SpinUnlock = 94,
    /// <summary>Parses a signed number.</summary>
    Strtol = 105,
    /// <summary>Parses an unsigned number.</summary>
    Strtoul = 106,
    /// <summary>Sends a signal to the current process (5.3).</summary>
    SendSignal = 109,
    /// <summary>Reads user memory (5.5).</summary>
    ProbeReadUser = 112,
    /// <summary>Reads kernel memory (5.5).</summary>
    ProbeReadKernel = 113,
    /// <summary>Reads a user string (5.5).</summary>
    ProbeReadUserStr = 114,
    /// <summary>Reads a kernel string (5.5).</summary>
    ProbeReadKernelStr = 115,
    /// <summary>Sends a signal to the current thread (5.6).</summary>
    SendSignalThread = 117,
    /// <summary>The tick counter (5.6).</summary>
    Jiffies64 = 118,
    /// <summary>Copies the branch records of a perf event (5.6).</summary>
    ReadBranchRecords = 119,
    /// <summary>Process and thread in a given pid namespace (5.7).</summary>
    GetNsCurrentPidTgid = 120,
    /// <summary>The id of an ancestor of the task's cgroup (5.7).</summary>
    GetCurrentAncestorCgroupId = 123,
    /// <summary>Monotonic time in nanoseconds, with suspend (5.8).</summary>
    KtimeGetBootNs = 125,
    /// <summary>Copies a record to a ring buffer (5.8).</summary>
    RingbufOutput = 130,
    /// <summary>Reserves a record in a ring buffer (5.8).</summary>
    RingbufReserve = 131,
    /// <summary>Publishes a reserved record (5.8).</summary>
    RingbufSubmit = 132,
    /// <summary>Throws a reserved record away (5.8).</summary>
    RingbufDiscard = 133,
    /// <summary>Sizes and positions of a ring buffer (5.8).</summary>
    RingbufQuery = 134,
    /// <summary>Copies a task's stack into a buffer (5.9).</summary>
    GetTaskStack = 141,
    /// <summary>Copies the path of a struct path; in a few functions only (5.10).</summary>
    DPath = 147,
    /// <summary>Reads user memory, faulting pages in; sleepable programs only (5.10).</summary>
    CopyFromUser = 148,
    /// <summary>Formats memory by its BTF type (5.10).</summary>
    SnprintfBtf = 149,
    /// <summary>The address of a per-CPU variable on a CPU (5.10).</summary>
    PerCpuPtr = 153,
    /// <summary>The address of a per-CPU variable on this CPU (5.10).</summary>
    ThisCpuPtr = 154,
    /// <summary>The task's value in a task storage map (5.11).</summary>
    TaskStorageGet = 156,
    /// <summary>Removes the task's value from a task storage map (5.11).</summary>
    TaskStorageDelete = 157,
    /// <summary>The current task as a typed pointer (5.11).</summary>
    GetCurrentTaskBtf = 158,
    /// <summary>Monotonic time of the last tick in nanoseconds (5.11).</summary>
    KtimeGetCoarseNs = 160,
    /// <summary>Calls a function for each entry of a map (5.13).</summary>
    ForEachMapElem = 164,
    /// <summary>Formats into a buffer (5.13).</summary>
    Snprintf = 165,
    /// <summary>Prepares a timer in a map's value (5.15).</summary>
    TimerInit = 169,
    /// <summary>Sets the function of a timer (5.15).</summary>
    TimerSetCallback = 170,
    /// <summary>Starts a timer (5.15).</summary>
    TimerStart = 171,
    /// <summary>Stops a timer (5.15).</summary>
    TimerCancel = 172,
    /// <summary>The address of the probed function (5.15).</summary>
    GetFuncIp = 173,
    /// <summary>The number given when the program was attached (5.15).</summary>
    GetAttachCookie = 174,
    /// <summary>The task's user registers (5.15).</summary>
    TaskPtRegs = 175,
    /// <summary>Copies the branch records now (5.16).</summary>
    GetBranchSnapshot = 176,
    /// <summary>Prints to the kernel's trace pipe, any number of arguments (5.16).</summary>
    TraceVprintk = 177,
    /// <summary>The address of a kernel symbol; syscall programs only (5.16).</summary>
    KallsymsLookupName = 179,
    /// <summary>Calls a function with the mapping that holds an address (5.17).</summary>
    FindVma = 180,
    /// <summary>Calls a function up to 8 M times (5.17).</summary>
    Loop = 181,
    /// <summary>Compares a buffer with a constant string (5.17).</summary>
    Strncmp = 182,
    /// <summary>An argument of the traced function (5.17).</summary>
    GetFuncArg = 183,
    /// <summary>The result of the traced function (5.17).</summary>
    GetFuncRet = 184,
    /// <summary>How many arguments the traced function has (5.17).</summary>
    GetFuncArgCnt = 185,
    /// <summary>The result that a cgroup program hands on (5.18).</summary>
    GetRetval = 186,
    /// <summary>Reads another task's user memory; sleepable programs only (5.18).</summary>
    CopyFromUserTask = 191,
    /// <summary>Address of a per-CPU map's value on a CPU, or null (5.19).</summary>
    MapLookupPercpuElem = 195,
    /// <summary>Atomic time in nanoseconds (6.1).</summary>
    KtimeGetTaiNs = 208,
    /// <summary>Calls a function for each record from user space (6.1).</summary>
    UserRingbufDrain = 209,
    /// <summary>The cgroup's value in a cgroup storage map (6.2).</summary>
    CgrpStorageGet = 210,
    /// <summary>Removes the cgroup's value from a cgroup storage map (6.2).</summary>
    CgrpStorageDelete = 211,
}

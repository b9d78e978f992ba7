using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Tests.Btf;

/// <summary>A handful of types, one of each kind that matters, in the words of C beside them.</summary>
public static class SmallBtf
{
    public static byte[] Bytes(ByteOrder order)
    {
        var to = new BtfWriter(order);
        var number = to.Int("int", 4, BtfEncoding.Signed);
        var letter = to.Int("char", 1, BtfEncoding.Signed);
        to.Int("long unsigned int", 8);
        var pid = to.Typedef("pid_t", to.Typedef("__kernel_pid_t", number));
        var flags = to.Struct("", 4, new BtfMember("low", number, 0, 3), new BtfMember("high", number, 3, 29));   // struct { int low:3, high:29; }
        var either = to.Union("", 8, new BtfMember("raw", number, 0), new BtfMember("", flags, 0), new BtfMember("next", to.Pointer(0), 0));
        var task = to.Struct("task", 40,                                                                        // struct task {
            new BtfMember("state", to.Volatile(number), 0),                                                     //   volatile int state;
            new BtfMember("pid", pid, 32),                                                                      //   pid_t pid;
            new BtfMember("comm", to.Array(letter, 16), 64),                                                    //   char comm[16];
            new BtfMember("", either, 192),                                                                     //   union {…};
            new BtfMember("name", to.Pointer(to.Const(letter)), 256));                                          //   const char *name; };
        to.Enum("state", 4, signed: true, new("RUNNING", 0), new("DEAD", -1));
        to.Enum("flag", 4, signed: false, new BtfEnumValue("TOP", 0x80000000));
        to.Enum64("wide", signed: false, new BtfEnumValue("ALL", -1));
        to.Forward("hidden");
        var prototype = to.FunctionPrototype(0, new("__data", to.Pointer(0)), new("t", to.Pointer(task)), new("preempt", number));
        to.Typedef("btf_trace_switch", to.Pointer(prototype));
        to.Function("switch_to", prototype, BtfLinkage.Static);
        var counter = to.Variable("counter", number);
        to.DataSection(".bss", 4, new BtfSectionVariable(counter, 0, 4));
        to.DeclarationTag("kfunc", to.Function("switch_to", prototype, BtfLinkage.Static));
        to.Pointer(to.TypeTag("user", letter));
        return to.ToArray();
    }
}

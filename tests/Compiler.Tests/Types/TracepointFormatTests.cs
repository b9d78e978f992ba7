using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Types;

public class TracepointFormatTests
{
    private const string Text = """
        name: made_up
        ID: 42
        format:
        	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
        	field:int common_pid;	offset:4;	size:4;	signed:1;

        	field:const char * name;	offset:8;	size:8;	signed:0;
        	field:char comm[16];	offset:16;	size:16;	signed:0;
        	field:__data_loc char[] path;	offset:32;	size:4;	signed:0;
        	field:__rel_loc u32[] list;	offset:36;	size:4;	signed:0;
        	field:u8 mac[ETH_ALEN];	offset:40;	size:6;	signed:0;
        	field:unsigned long args[6];	offset:48;	size:48;	signed:0;
        	field:struct task_struct *task;	offset:96;	size:8;	signed:0;

        print fmt: "%s: %d", __get_str(path), REC->common_pid

        """;

    private static readonly TracepointFormat Format = TracepointFormat.Parse("group", System.Text.Encoding.UTF8.GetBytes(Text));

    [Fact]
    public void TheHeadAndThePrintFormatAreKept()
    {
        Assert.Equal(("group", "made_up", 42, 104), (Format.Group, Format.Name, Format.Id, Format.FixedSize));
        Assert.Equal("\"%s: %d\", __get_str(path), REC->common_pid", Format.PrintFormat);
        Assert.Equal(Text, System.Text.Encoding.UTF8.GetString(Format.Text.AsSpan()));
    }

    [Theory]
    [InlineData("common_type", "unsigned short", 0, 2, false, null, DataLocation.None, false, false)]
    [InlineData("common_pid", "int", 4, 4, true, null, DataLocation.None, false, false)]
    [InlineData("name", "const char *", 8, 8, false, null, DataLocation.None, false, false)]
    [InlineData("comm", "char", 16, 16, false, 16, DataLocation.None, true, true)]
    [InlineData("path", "char", 32, 4, false, null, DataLocation.DataLoc, true, true)]
    [InlineData("list", "u32", 36, 4, false, null, DataLocation.RelLoc, true, false)]
    [InlineData("mac", "u8", 40, 6, false, null, DataLocation.None, true, false)]
    [InlineData("args", "unsigned long", 48, 48, false, 6, DataLocation.None, true, false)]
    [InlineData("task", "struct task_struct *", 96, 8, false, null, DataLocation.None, false, false)]
    public void FieldsAreRead(string name, string type, int offset, int size, bool signed, int? length, DataLocation location, bool array, bool isString)
    {
        var field = Format.Field(name)!;
        Assert.Equal(new TracepointField(name, type, offset, size, signed, length, location, name.StartsWith("common_")) { IsArray = array }, field);
        Assert.Equal(isString, field.IsString);
    }

    [Theory]
    [InlineData("")]
    [InlineData("name: x\n")]
    [InlineData("name: x\n\tfield:int a;\toffset:z;\tsize:4;\tsigned:1;\n")]
    [InlineData("name: x\n\tfield:int a;\n")]
    public void WhatNoKernelWritesIsRefused(string text) =>
        Assert.Throws<FormatException>(() => TracepointFormat.Parse("g", System.Text.Encoding.UTF8.GetBytes(text)));
}

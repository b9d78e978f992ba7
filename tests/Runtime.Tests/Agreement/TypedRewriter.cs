using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using Ktap.Compiler.Typing;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>Changes typed trees from the leaves up, whatever kinds of nodes there are: tests may reflect where the product must not.</summary>
internal static class TypedRewriter
{
    /// <summary>The handlers with every node replaced by what <paramref name="change"/> makes of it.</summary>
    public static TypedProgram Rewrite(TypedProgram program, Func<object, object> change) =>
        program with { Handlers = [.. program.Handlers.Select(h => h with { Body = (TypedBlock)Rewrite(h.Body, change) })] };

    private static object Rewrite(object node, Func<object, object> change)
    {
        object? copy = null;
        foreach (var property in node.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.SetMethod is null || property.GetValue(node) is not { } value || Value(value, change) is not { } changed) continue;
            copy ??= node.GetType().GetMethod("<Clone>$")!.Invoke(node, [])!;
            property.SetValue(copy, changed);
        }
        return change(copy ?? node);
    }

    // The value with the nodes in it changed, or null where none are.
    private static object? Value(object value, Func<object, object> change) => value switch
    {
        TypedExpression or TypedStatement or TypedTarget => Rewrite(value, change) is var changed && !ReferenceEquals(changed, value) ? changed : null,
        ITuple => Tuple(value, change),
        IList list when value.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) => Array(list, type.GetGenericArguments()[0], change),
        _ => null,
    };

    private static object? Tuple(object tuple, Func<object, object> change)
    {
        var isChanged = false;
        foreach (var field in tuple.GetType().GetFields())
        {
            if (field.GetValue(tuple) is not { } item || Value(item, change) is not { } changed) continue;
            field.SetValue(tuple, changed); // a boxed copy
            isChanged = true;
        }
        return isChanged ? tuple : null;
    }

    private static object? Array(IList items, Type type, Func<object, object> change)
    {
        if (items.Count == 0) return null;
        var changed = System.Array.CreateInstance(type, items.Count);
        var isChanged = false;
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i] is { } old ? Value(old, change) : null;
            isChanged |= item is not null;
            changed.SetValue(item ?? items[i], i);
        }
        return isChanged
            ? typeof(ImmutableArray).GetMethods().Single(m => m.Name == nameof(ImmutableArray.Create) && m.GetParameters() is [{ ParameterType.IsArray: true }]).MakeGenericMethod(type).Invoke(null, [changed])
            : null;
    }
}

using System.Collections.Concurrent;
using System.Reflection;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.Platform.Database;

/// <summary>The properties of an object as the named parameters of a statement, so that it can travel in a batch.</summary>
internal static class Arguments
{
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Properties = new();

    /// <summary>What a null is to PostgreSQL, which cannot tell from the value.</summary>
    private static readonly Dictionary<Type, NpgsqlDbType> Nulls = new()
    {
        [typeof(string)] = NpgsqlDbType.Text, [typeof(Guid)] = NpgsqlDbType.Uuid, [typeof(int)] = NpgsqlDbType.Integer, [typeof(short)] = NpgsqlDbType.Smallint,
        [typeof(long)] = NpgsqlDbType.Bigint, [typeof(bool)] = NpgsqlDbType.Boolean, [typeof(DateTimeOffset)] = NpgsqlDbType.TimestampTz,
        [typeof(DateOnly)] = NpgsqlDbType.Date, [typeof(byte[])] = NpgsqlDbType.Bytea, [typeof(decimal)] = NpgsqlDbType.Numeric, [typeof(double)] = NpgsqlDbType.Double,
    };

    public static NpgsqlBatchCommand Command(string sql, object? args)
    {
        var command = new NpgsqlBatchCommand(sql);
        if (args is null) return command;
        foreach (var property in Properties.GetOrAdd(args.GetType(), t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance)))
        {
            command.Parameters.Add(Parameter(property, property.GetValue(args)));
        }
        return command;
    }

    private static NpgsqlParameter Parameter(PropertyInfo property, object? value)
    {
        if (value is not null) return new NpgsqlParameter(property.Name, value is DateTimeOffset at ? at.ToUniversalTime() : value is Enum e ? Convert.ToInt32(e, null) : value);
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return new NpgsqlParameter(property.Name, type.IsEnum ? NpgsqlDbType.Integer : Type(type)) { Value = DBNull.Value };
    }

    private static NpgsqlDbType Type(Type type) =>
        Nulls.TryGetValue(type, out var simple) ? simple
        : type.GetElementType() is { } of && Nulls.TryGetValue(Nullable.GetUnderlyingType(of) ?? of, out var element) ? NpgsqlDbType.Array | element
        : throw new ArgumentException($"A null of type {type.Name} has no type in PostgreSQL.");
}

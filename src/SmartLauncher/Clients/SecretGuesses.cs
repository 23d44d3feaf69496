using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using HealthTeams.SmartLauncher.Staff;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace HealthTeams.SmartLauncher.Clients;

/// <summary>
/// Wrong client secrets make their sender wait, longer each time (<see cref="Lockout"/>): per client and network address, so
/// that a stranger elsewhere locks nobody out. Counted in the database, so on all hosts together.
/// </summary>
internal sealed class SecretGuesses(Db db)
{
    private const string Mark = "ht-secret-guess";

    private static byte[] Key(OpenIddictServerTransaction transaction, string client) => SHA256.HashData(Encoding.UTF8.GetBytes(
        $"client-secret\n{client}\n{transaction.GetHttpRequest()?.HttpContext.Connection.RemoteIpAddress}"));

    /// <summary>Before a secret is compared: not at all while the wait lasts.</summary>
    public async ValueTask Before(ProcessAuthenticationContext context)
    {
        if (Guessed(context) is not { } client) return;
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.App.OpenConnectionAsync(context.CancellationToken);
        var open = await connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition(
            "select open_at from auth.sign_in_failure where key = @key", new { key = Key(context.Transaction, client) }, cancellationToken: context.CancellationToken));
        if (open is null) return;
        context.Transaction.Properties[Mark] = "failed before";
        if (open <= now.UtcDateTime) return;
        var seconds = Math.Ceiling((open.Value - now.UtcDateTime).TotalSeconds);
        context.Transaction.Properties[Mark] = "waits";
        context.Transaction.GetHttpRequest()!.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        context.Reject(OpenIddictConstants.Errors.InvalidClient, string.Create(CultureInfo.InvariantCulture, $"Too many wrong secrets. Wait {seconds} seconds."));
    }

    public async ValueTask Right(ProcessAuthenticationContext context)
    {
        if (Guessed(context) is not { } client || !context.Transaction.Properties.ContainsKey(Mark)) return;
        await using var connection = await db.App.OpenConnectionAsync(context.CancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("delete from auth.sign_in_failure where key = @key", new { key = Key(context.Transaction, client) }, cancellationToken: context.CancellationToken));
    }

    public async ValueTask Wrong(OpenIddictServerTransaction transaction, CancellationToken stop)
    {
        if (transaction.Response?.Error != OpenIddictConstants.Errors.InvalidClient || transaction.Request is not { ClientSecret.Length: > 0, ClientId: { } client }) return;
        if (transaction.Properties.TryGetValue(Mark, out var mark) && mark is "waits") return;
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.App.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into auth.sign_in_failure as f (key, failures, last_at, open_at) values (@key, 1, @now, @now)
            on conflict (key) do update
            set failures = case when f.last_at > @since then f.failures + 1 else 1 end, last_at = @now,
              open_at = @now + (@waits::interval[])[least(case when f.last_at > @since then f.failures + 1 else 1 end, cardinality(@waits::interval[]))]
            """, new { key = Key(transaction, client), now, since = now - Lockout.Forgotten, waits = Lockout.Waits }, cancellationToken: stop));
    }

    private static string? Guessed(ProcessAuthenticationContext context) =>
        context.EndpointType != OpenIddictServerEndpointType.Authorization && context is { ClientSecret.Length: > 0, ClientId: { } client } ? client : null;
}

internal sealed class BeforeSecret(SecretGuesses guesses) : IOpenIddictServerHandler<ProcessAuthenticationContext>
{
    public ValueTask HandleAsync(ProcessAuthenticationContext context) => guesses.Before(context);
}

internal sealed class AfterSecret(SecretGuesses guesses) : IOpenIddictServerHandler<ProcessAuthenticationContext>
{
    public ValueTask HandleAsync(ProcessAuthenticationContext context) => guesses.Right(context);
}

internal sealed class WrongSecret(SecretGuesses guesses)
    : IOpenIddictServerHandler<ApplyTokenResponseContext>, IOpenIddictServerHandler<ApplyIntrospectionResponseContext>, IOpenIddictServerHandler<ApplyRevocationResponseContext>
{
    public ValueTask HandleAsync(ApplyTokenResponseContext context) => guesses.Wrong(context.Transaction, context.CancellationToken);
    public ValueTask HandleAsync(ApplyIntrospectionResponseContext context) => guesses.Wrong(context.Transaction, context.CancellationToken);
    public ValueTask HandleAsync(ApplyRevocationResponseContext context) => guesses.Wrong(context.Transaction, context.CancellationToken);
}

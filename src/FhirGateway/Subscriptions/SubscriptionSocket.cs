using System.Net.WebSockets;
using System.Text;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.Platform.Audit;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// /fhir/ws. R4 (http://hl7.org/fhir/R4/subscription.html#2.46.7.2): "bind ID" with the access token of the handshake, "bound ID",
/// then "ping ID". Backport: "bind-with-token TOKEN", then the same notification bundles as a rest-hook gets. Authorised when
/// bound, ended after an hour: whoever goes on binds again.
/// </summary>
internal sealed class SubscriptionSocket(Db db, SocketWatch watch, FhirSettings settings, AccessLog audit, IHostApplicationLifetime life)
{
    private const int LongestMessage = 1000;
    private const int MostBound = 50;
    private const int Page = 50;
    private static readonly TimeSpan LongestOpen = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestUnbound = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var sockets = routes.CreateApplicationBuilder();
        sockets.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(20), KeepAliveTimeout = TimeSpan.FromSeconds(20) });
        sockets.Run(Accept);
        // A browser cannot send an access token with the handshake: who connects is nobody until bound.
        routes.MapGet("/fhir/ws", sockets.Build()).AllowAnonymous();
    }

    private static async Task Accept(HttpContext http)
    {
        if (http.Request.Headers.Authorization.Count > 0) await http.AuthenticateAsync("bearer");
        if (!http.WebSockets.IsWebSocketRequest)
        {
            if (Caller.Of(http) is null)
            {
                await http.ChallengeAsync("bearer");
                return;
            }
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            http.Response.Headers.Upgrade = "websocket";
            http.Response.ContentType = "application/fhir+json; charset=utf-8";
            await http.Response.Body.WriteAsync(FhirAnswer.Of(new Problem(426, "not-supported", "/fhir/ws is a websocket.")).Body!, http.RequestAborted);
            return;
        }
        var me = (SubscriptionSocket)http.RequestServices.GetService(typeof(SubscriptionSocket))!;
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await me.Serve(socket, Caller.Of(http), http.RequestAborted);
    }

    private async Task Serve(WebSocket socket, Caller? caller, CancellationToken aborted)
    {
        var open = new OpenSocket();
        if (!watch.TryAdd(open))
        {
            await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "This host has too many sockets; try again later.", aborted);
            return;
        }
        using var end = CancellationTokenSource.CreateLinkedTokenSource(aborted, life.ApplicationStopping);
        try
        {
            using var sending = new SemaphoreSlim(1, 1);
            var listening = Listen(socket, open, caller, sending, end.Token);
            var telling = Tell(socket, open, sending, end.Token);
            await Task.WhenAny(listening, telling);
            await Close(socket);
            await end.CancelAsync();
            await Task.WhenAll(listening, telling);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The other side went, or we stop.
        }
        finally
        {
            watch.Remove(open);
        }
    }

    private async Task Listen(WebSocket socket, OpenSocket open, Caller? caller, SemaphoreSlim sending, CancellationToken stop)
    {
        var buffer = new byte[LongestMessage];
        while (true)
        {
            var (length, message) = (0, default(ValueWebSocketReceiveResult));
            do
            {
                message = await socket.ReceiveAsync(buffer.AsMemory(length), stop);
                length += message.Count;
                if (message.MessageType != WebSocketMessageType.Text || (length == buffer.Length && !message.EndOfMessage)) return;
            }
            while (!message.EndOfMessage);
            var words = Encoding.UTF8.GetString(buffer, 0, length).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var problem = words switch
            {
                ["bind", var id] when caller is not null => await Bind(socket, open, caller, id.StartsWith("Subscription/", StringComparison.Ordinal) ? id["Subscription/".Length..] : id, sending, stop),
                ["bind", _] => Problem.Unauthorized("'bind' needs an access token on the handshake; or use bind-with-token."),
                ["bind-with-token", var token] => await BindByToken(socket, open, token, sending, stop),
                _ => Problem.Invalid("Say 'bind ID' or 'bind-with-token TOKEN'."),
            };
            if (problem is not null) await Send(socket, sending, FhirAnswer.Of(problem).Body!, stop);
        }
    }

    private async Task<Problem?> Bind(WebSocket socket, OpenSocket open, Caller caller, string id, SemaphoreSlim sending, CancellationToken stop)
    {
        if (open.Bound.Count >= MostBound) return Problem.Invalid($"At most {MostBound} subscriptions on one socket.", code: "too-costly");
        var reach = Rights.Of(caller).On("Subscription", "r");
        if (!reach.Ok) return reach.Problem;
        if (reach.Value.Patient is not null) return Problem.Forbidden("A patient/ scope does not reach subscriptions.");
        var found = await Find(caller.Tenant, id, stop);
        if (found is null) return Problem.NotFound($"Subscription/{id} does not exist, is not active, or is not a websocket.");
        if (found.MayReceive(caller) is { } beyond) return beyond;
        return await Bound(socket, open, found, caller.Actor, sending, stop);
    }

    /// <summary>The token is spent by its use.</summary>
    private async Task<Problem?> BindByToken(WebSocket socket, OpenSocket open, string token, SemaphoreSlim sending, CancellationToken stop)
    {
        var bound = await Spend(token, stop);
        if (bound is not { } b) return Problem.Unauthorized("The token is unknown, used or expired.");
        foreach (var id in b.Ids)
        {
            if (await Find(b.Tenant, id, stop) is { } found && await Bound(socket, open, found, found.Rights.Actor, sending, stop) is { } problem) return problem;
        }
        return null;
    }

    private async Task<(int Tenant, string[] Ids)?> Spend(string token, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        await using var command = new Npgsql.NpgsqlCommand("delete from fhir.subscription_binding where token = $1 and until > $2 returning tenant, subscriptions", connection)
        {
            Parameters = { new() { Value = SubscriptionOperations.Hash(token) }, new() { Value = db.Clock.GetUtcNow() } },
        };
        await using var reader = await command.ExecuteReaderAsync(stop);
        return await reader.ReadAsync(stop) ? (reader.GetInt32(0), reader.GetFieldValue<string[]>(1)) : null;
    }

    private async Task<Problem?> Bound(WebSocket socket, OpenSocket open, Subscribed s, Actor reader, SemaphoreSlim sending, CancellationToken stop)
    {
        if (open.Bound.IsEmpty) open.Tenant = s.Tenant;
        if (open.Tenant != s.Tenant) return Problem.Forbidden("One socket, one tenant.");
        await Send(socket, sending, s.Topic is null ? Encoding.UTF8.GetBytes($"bound {s.Id}") : Notification.Bundle(settings.Base, s, "handshake", [], s.Content, db.Clock.GetUtcNow()), stop);
        open.Bound[s.Id] = new Binding(s.Last, s.Topic is null ? null : s.Heartbeat, reader);
        return null;
    }

    private async Task Tell(WebSocket socket, OpenSocket open, SemaphoreSlim sending, CancellationToken stop)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < LongestOpen && (!open.Bound.IsEmpty || clock.GetElapsedTime(began) < LongestUnbound))
        {
            var rung = open.News.Next;
            while (open.Over.TryDequeue(out var over)) open.Bound.TryRemove(over, out _);
            foreach (var (id, binding) in open.Bound)
            {
                var isNews = binding.Newest > binding.Told;
                if (!isNews && !(binding.Heartbeat is { } every && clock.GetElapsedTime(binding.LastSaid) >= TimeSpan.FromSeconds(every))) continue;
                if (await Find(open.Tenant, id, stop) is not { } s) continue;
                if (isNews) binding.Told = await News(socket, s, binding, sending, stop);
                else await Send(socket, sending, Notification.Bundle(settings.Base, s, "heartbeat", [], s.Content, db.Clock.GetUtcNow()), stop);
                binding.LastSaid = clock.GetTimestamp();
            }
            await SubscriptionBell.Wait(rung, TimeSpan.FromSeconds(1), stop);
        }
    }

    /// <returns>Up to which notice it has been told now.</returns>
    private async Task<long> News(WebSocket socket, Subscribed s, Binding binding, SemaphoreSlim sending, CancellationToken stop)
    {
        if (s.Topic is null)
        {
            await Send(socket, sending, Encoding.UTF8.GetBytes($"ping {s.Id}"), stop);
            return s.Last;
        }
        var page = await db.In(s.Tenant, Actor.Product, tx => Notice.Between(tx, s, binding.Told, s.Last, Page, s.Content == "full-resource"), stop);
        foreach (var some in page.Chunk(s.MaxCount))
        {
            await Send(socket, sending, Notification.Bundle(settings.Base, s, "event-notification", some, s.Content, db.Clock.GetUtcNow()), stop);
            await Notice.Recorded(audit, db, s, binding.Reader, some);
        }
        return page.Count > 0 ? page[^1].Number : s.Last;
    }

    private async Task<Subscribed?> Find(int tenant, string id, CancellationToken stop) =>
        await db.In(tenant, Actor.Product, tx => Subscribed.Find(tx, id), stop) is { State: "active", Channel: "websocket" } s ? s : null;

    private static async Task Send(WebSocket socket, SemaphoreSlim sending, byte[] what, CancellationToken stop)
    {
        await sending.WaitAsync(stop);
        try
        {
            await socket.SendAsync(what, WebSocketMessageType.Text, true, stop);
        }
        finally
        {
            sending.Release();
        }
    }

    private static async Task Close(WebSocket socket)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "The socket is over; bind again.", soon.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // Gone already.
        }
    }
}

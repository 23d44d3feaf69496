using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>https://hl7.org/fhir/smart-app-launch/app-state.html</summary>
[Collection("tokens"), Trait("Row", "SMART-S18")]
public sealed class AppStateTests(ProductWithApps product)
{
    private const string Scope = "openid fhirUser user/Basic.cruds";

    [Fact]
    public async Task A_users_preferences_are_made_found_changed_with_If_Match_and_deleted()
    {
        var (app, fhir, me) = await User("curie");
        Assert.Contains("smart-app-state", await app.Wire.GetStringAsync("/fhir/.well-known/smart-configuration"), StringComparison.Ordinal);
        var code = Code();
        var made = await fhir.Create("Basic", State(code, me, "dark"));
        Assert.Equal(1, await Found(fhir, code, $"subject={me}"));
        Assert.Equal(0, await Found(fhir, code, "subject:missing=true"));

        Assert.Equal((HttpStatusCode)428, (await Put(fhir, made.Id(), State(code, me, "light", made.Id()), null)).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Put(fhir, made.Id(), State(code, me, "light", made.Id()), "W/\"7\"")).StatusCode);
        var changed = await Put(fhir, made.Id(), State(code, me, "light", made.Id()), "W/\"1\"");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("W/\"2\"", changed.Headers.ETag!.ToString());

        // Neither the code nor the subject ever changes.
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Put(fhir, made.Id(), State(Code(), me, "light", made.Id()), "W/\"2\"")).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Put(fhir, made.Id(), State(code, me, "light", made.Id(), "https://other.example"), "W/\"2\"")).StatusCode);
        Assert.Contains("light", (await fhir.GetStringAsync($"/fhir/Basic/{made.Id()}")), StringComparison.Ordinal);

        Assert.Equal((HttpStatusCode)428, (await fhir.DeleteAsync($"/fhir/Basic/{made.Id()}")).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Delete(fhir, made.Id(), "W/\"1\"")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await Delete(fhir, made.Id(), "W/\"2\"")).StatusCode);
        // Any later request about it is a failed precondition.
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Delete(fhir, made.Id(), "W/\"2\"")).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Put(fhir, made.Id(), State(code, me, "light", made.Id()), "W/\"2\"")).StatusCode);
    }

    [Fact]
    public async Task What_is_another_users_is_neither_seen_nor_touched()
    {
        var (_, curie, me) = await User("curie");
        var (_, osler, other) = await User("osler");
        Assert.NotEqual(me, other);
        var code = Code();
        var made = await curie.Create("Basic", State(code, me, "a key"));
        Assert.Equal(0, await Found(osler, code, $"subject={me}"));
        Assert.Equal(0, await Found(osler, code, null));
        Assert.NotEqual(HttpStatusCode.OK, (await osler.GetAsync($"/fhir/Basic/{made.Id()}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Put(osler, made.Id(), State(code, other, "mine", made.Id()), "W/\"1\"")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Delete(osler, made.Id(), "W/\"1\"")).StatusCode);
        // Nor left in another's name.
        Assert.Equal(HttpStatusCode.Forbidden, (await osler.PostAsync("/fhir/Basic", FhirHttp.Json(State(code, me, "planted")))).StatusCode);
        Assert.Equal(1, await Found(curie, code, $"subject={me}"));
    }

    [Fact]
    public async Task Wide_user_scopes_reach_another_users_state_by_no_way_round()
    {
        var (_, curie, me) = await User("curie");
        var code = Code();
        var made = await curie.Create("Basic", State(code, me, "a secret of curie"));
        var app = product.Smart();
        var osler = app.With((await app.Tokens(await product.SignedIn("osler"), "openid fhirUser user/*.cruds")).Access());
        foreach (var way in new[]
        {
            "_history?_count=50", "Basic/_history", $"Basic/{made.Id()}/_history", $"Basic/{made.Id()}/_history/1", $"Basic/{made.Id()}", $"Basic?_id={made.Id()}", $"?_type=Basic&_id={made.Id()}",
            $"Practitioner?_revinclude=Basic:subject&_id={me.Split('/')[^1]}", $"Practitioner/{me.Split('/')[^1]}/$everything", $"Basic/{made.Id()}/$meta", $"Basic?subject={me}", "$export?_type=Basic",
        })
        {
            var text = await (await osler.GetAsync($"/fhir/{way}")).Content.ReadAsStringAsync();
            Assert.False(text.Contains(code, StringComparison.Ordinal) || text.Contains("a secret of curie", StringComparison.Ordinal), $"{way}: {text}");
        }
        // Nor by asking whether there is one.
        var has = await (await osler.GetAsync($"/fhir/Practitioner?_has:Basic:subject:code=https://app.example|{code}")).Body();
        Assert.False(has.TryGetProperty("entry", out var hits) && hits.EnumerateArray().Any(e => e.GetProperty("resource").GetProperty("resourceType").GetString() == "Practitioner"), has.GetRawText());
        var nested = await osler.PostAsync("/fhir", FhirHttp.Json("""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"_history"}},{"request":{"method":"GET","url":"Basic"}}]}"""));
        Assert.DoesNotContain(code, await nested.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var export = new HttpRequestMessage(HttpMethod.Get, "/fhir/$export?_type=Basic");
        export.Headers.Add("Prefer", "respond-async");
        Assert.Equal(HttpStatusCode.Forbidden, (await osler.SendAsync(export)).StatusCode);
        var told = await osler.PostAsync("/fhir/Subscription", FhirHttp.Json("""{"resourceType":"Subscription","status":"requested","reason":"r","criteria":"Basic?code=x","channel":{"type":"websocket","payload":"application/fhir+json"}}"""));
        Assert.Equal(HttpStatusCode.Forbidden, told.StatusCode);
        // The history of all the rest is still theirs to read.
        Assert.Equal(HttpStatusCode.OK, (await osler.GetAsync("/fhir/_history?_count=5")).StatusCode);
    }

    [Fact]
    public async Task Configuration_of_everybody_is_read_by_all_and_written_by_administrators()
    {
        var code = Code();
        var (_, curie, _) = await User("curie");
        Assert.Equal(HttpStatusCode.Forbidden, (await curie.PostAsync("/fhir/Basic", FhirHttp.Json(State(code, null, "v1")))).StatusCode);
        await product.Staff("dix", "Dix", role: "administrator");
        var (_, dix, _) = await User("dix");
        await dix.Create("Basic", State(code, null, "v1"));
        Assert.Equal(1, await Found(curie, code, "subject:missing=true"));
    }

    [Fact]
    public async Task State_of_the_patient_in_context_stays_with_that_patient()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var tokens = await app.Tokens(browser, "openid fhirUser launch/patient patient/Basic.cruds", product.Visit.Patient);
        var fhir = app.With(tokens.Access());
        var code = Code();
        await fhir.Create("Basic", State(code, $"{app.Fhir}/Patient/{product.Visit.Patient}", "a key"));
        Assert.Equal(1, await Found(fhir, code, $"subject={app.Fhir}/Patient/{product.Visit.Patient}"));
        Assert.Equal(HttpStatusCode.Forbidden, (await fhir.PostAsync("/fhir/Basic", FhirHttp.Json(State(code, $"{app.Fhir}/Patient/{product.OtherVisit.Patient}", "a key")))).StatusCode);
    }

    [Fact]
    public async Task A_scope_with_a_code_holds_an_app_to_its_own_states()
    {
        var code = Code();
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), $"openid fhirUser user/Basic.cruds?code=https://app.example|{code}");
        var (fhir, me) = (app.With(tokens.Access()), Me(tokens));
        await fhir.Create("Basic", State(code, me, "mine"));
        Assert.Equal(HttpStatusCode.Forbidden, (await fhir.PostAsync("/fhir/Basic", FhirHttp.Json(State(Code(), me, "not mine")))).StatusCode);
        Assert.Equal(1, await Found(fhir, code, $"subject={me}"));
    }

    [Fact]
    public async Task State_of_a_shape_that_cannot_be_kept_is_refused_with_the_place()
    {
        var (_, fhir, me) = await User("curie");
        async Task<(HttpStatusCode, string?)> Refused(string body)
        {
            var answer = await fhir.PostAsync("/fhir/Basic", FhirHttp.Json(body));
            var issue = (await answer.Body()).GetProperty("issue")[0];
            return (answer.StatusCode, issue.TryGetProperty("expression", out var at) ? at[0].GetString() : null);
        }
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Basic.code.coding"), await Refused($$"""{"resourceType":"Basic","code":{"text":"mine"},"subject":{"reference":"{{me}}" } }"""));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Basic.extension"),
            await Refused($$$"""{"resourceType":"Basic","code":{"coding":[{"system":"https://app.example","code":"x"}]},"subject":{"reference":"{{{me}}}" },"extension":[{"url":"https://app.example/x","valueInteger":1}]}"""));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, null), await Refused(State("big", me, new string('x', 256 * 1024))));
    }

    [Fact]
    public async Task Backend_services_use_Basic_like_any_resource()
    {
        using var fhir = await product.Fhir();
        var body = """{"resourceType":"Basic","id":"plain","code":{"text":"anything"}}""";
        Assert.Equal(HttpStatusCode.Created, (await fhir.PutAsync("/fhir/Basic/plain", FhirHttp.Json(body))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await fhir.DeleteAsync("/fhir/Basic/plain")).StatusCode);
    }

    private async Task<(SmartApp App, HttpClient Fhir, string Me)> User(string name)
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn(name), Scope);
        return (app, app.With(tokens.Access()), Me(tokens));
    }

    private static string Me(JsonElement tokens) => Answers.Part(tokens.Text("id_token")!, 1).Text("fhirUser")!;

    private static string Code() => Guid.NewGuid().ToString("N");

    private static string State(string code, string? subject, string value, string? id = null, string system = "https://app.example") => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["resourceType"] = "Basic", ["id"] = id, ["code"] = new { coding = new[] { new { system, code } } },
        ["subject"] = subject is null ? null : new { reference = subject },
        ["extension"] = new[] { new { url = "https://app.example/preferences", valueString = value } },
    }.Where(p => p.Value is not null).ToDictionary());

    private static async Task<int> Found(HttpClient fhir, string code, string? subject)
    {
        var answer = await fhir.GetAsync($"/fhir/Basic?code=https://app.example|{code}{(subject is null ? "" : "&" + subject)}");
        var bundle = await answer.Body();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, bundle.GetRawText());
        return bundle.TryGetProperty("entry", out var entries) ? entries.GetArrayLength() : 0;
    }

    private static Task<HttpResponseMessage> Put(HttpClient fhir, string id, string body, string? ifMatch) => Send(fhir, HttpMethod.Put, id, body, ifMatch);

    private static Task<HttpResponseMessage> Delete(HttpClient fhir, string id, string ifMatch) => Send(fhir, HttpMethod.Delete, id, null, ifMatch);

    private static async Task<HttpResponseMessage> Send(HttpClient fhir, HttpMethod method, string id, string? body, string? ifMatch)
    {
        using var request = new HttpRequestMessage(method, $"/fhir/Basic/{id}") { Content = body is null ? null : FhirHttp.Json(body) };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await fhir.SendAsync(request);
    }
}

using System.Net;
using Xunit;

namespace HealthTeams.Tests.Administration;

/// <summary>An administrator's browser, and the forms that pages give it.</summary>
internal static class Admin
{
    public static async Task<HttpClient> Administrator(this TestProduct product, string username, string tenant = "demo")
    {
        await product.Staff(username, "Dix", tenant, role: "administrator");
        return await product.SignedIn(username);
    }

    /// <summary>Sends a form with the token of the page it stands on.</summary>
    public static async Task<HttpResponseMessage> Submit(this HttpClient browser, string page, string to, params (string Name, string Value)[] fields)
    {
        var token = Form.Token(await browser.GetStringAsync(page));
        return await browser.PostAsync(to, new FormUrlEncodedContent(fields.Append(("__RequestVerificationToken", token)).Select(f => KeyValuePair.Create(f.Item1, f.Item2))));
    }

    public static (string Name, string Value)[] Registration(string iss, string environment = "production", string client = "client-1") =>
        [("Environment", environment), ("Iss", iss), ("ClientId", client), ("Auth", "private_key_jwt"), ("Adapter", "fhir"), ("JoinLink", "none")];

    /// <summary>Registers on the page; the id is in the address it leads to.</summary>
    public static async Task<string> Register(this HttpClient browser, params (string Name, string Value)[] fields)
    {
        var answer = await browser.Submit("/admin/ehrs/form", "/admin/ehrs/form", fields);
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.ToString().Split('/')[^1].Split('?')[0];
    }
}

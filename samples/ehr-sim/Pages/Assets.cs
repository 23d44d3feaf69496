namespace EhrSim;

internal static class Assets
{
    public static void MapAssets(this WebApplication app)
    {
        app.MapGet("/assets/ehr.css", () => Results.Text(Text("assets/ehr.css"), "text/css"));
        app.MapGet("/assets/ehr.js", () => Results.Text(Text("assets/ehr.js"), "text/javascript"));
        app.MapGet("/favicon.ico", () => Results.NoContent());
    }

    public static string Text(string name)
    {
        using var stream = typeof(Assets).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

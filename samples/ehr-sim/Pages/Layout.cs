namespace EhrSim;

internal static class Layout
{
    public static IResult Page(string title, Html body, string look = "", int status = 200)
    {
        // A patient sees one thing and no doors to the staff's pages.
        var isPatient = look.Contains("patient", StringComparison.Ordinal);
        var header = isPatient
            ? new Html("<span class=\"house\"><span aria-hidden=\"true\">✚</span> Example General Hospital · My health</span>")
            : new Html("""
                <a class="house" href="/"><span aria-hidden="true">✚</span> Example General Hospital</a>
                <nav aria-label="EHR"><a href="/">Day</a><a href="/status">Status</a></nav>
                """);
        var page = Html.Of($"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="color-scheme" content="light dark">
              <title>{title} · Example General Hospital</title>
              <link rel="stylesheet" href="/assets/ehr.css">
              <script src="/assets/ehr.js" defer></script>
            </head>
            <body class="{look}">
            <a class="skip" href="#main">Skip to the page</a>
            <header class="top">
              {header}
              <span class="what">EHR simulator</span>
            </header>
            <main id="main">
            {body}
            </main>
            <p id="lost" role="status" hidden></p>
            </body>
            </html>
            """);
        return Results.Text(page.Text, "text/html; charset=utf-8", statusCode: status);
    }
}

internal static class ProblemPage
{
    public static IResult Show(Ehr ehr, int status, string title, string what) => Layout.Page(title, Html.Of($"""
        <section class="card narrow">
          <h1>{title}</h1>
          <p>{what}</p>
          <p><a class="button" href="/">Back to the day</a></p>
          <p class="quiet">Code {status} at {Words.Time(ehr, ehr.Now)}</p>
        </section>
        """), status: status);
}

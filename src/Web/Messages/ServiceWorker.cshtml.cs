using Microsoft.AspNetCore.Hosting;

namespace HealthTeams.Web.Messages;

/// <summary>The service worker stands at the root, since it acts below its own address only.</summary>
public sealed class ServiceWorkerPage(IWebHostEnvironment host) : PageModel
{
    public IActionResult OnGet()
    {
        var file = host.WebRootFileProvider.GetFileInfo("dist/worker.js");
        if (!file.Exists) return NotFound();
        Response.Headers.CacheControl = "no-cache";
        return File(file.CreateReadStream(), "text/javascript");
    }
}

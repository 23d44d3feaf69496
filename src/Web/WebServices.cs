using HealthTeams.SmartLauncher.Tokens;
using HealthTeams.Web.Activity;
using HealthTeams.Web.Approvals;
using HealthTeams.Web.Consent;
using HealthTeams.Web.Conversations;
using HealthTeams.Web.Federation;
using HealthTeams.Web.Files;
using HealthTeams.Web.Handovers;
using HealthTeams.Web.Messages;
using HealthTeams.Web.PatientLists;
using HealthTeams.Web.Shifts;
using HealthTeams.Web.Tasks;
using HealthTeams.Web.Teams;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web;

/// <summary>The pages' door for Host.</summary>
public static class WebServices
{
    public static IServiceCollection AddWeb(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.AddScoped<Words>();
        services.AddScoped<MyPolicy>();
        services.AddSingleton<ShowAuthorizePage>(AuthorizeViews.Show);
        services.AddSingleton<SmartLauncher.Launch.OnwardPage>(Launch.OnwardForm.Show);
        services.AddSingleton<NoticeSentences>();
        services.AddTeamPages();
        services.AddPatientListPages();
        services.AddTaskPages();
        services.AddApprovalPages();
        services.AddConversationPages();
        services.AddShiftPages();
        services.AddHandoverPages();
        services.AddFederationPages();
        services.AddMessagePages();
        services.AddFilePages();
        services.AddAntiforgery(Antiforgery);
        services.AddRazorPages(pages => pages.RootDirectory = "/")
            .AddMvcOptions(mvc => mvc.Filters.Add<LanguageChoice>())
            .ConfigureApplicationPartManager(Pages);
        return services;
    }

    public static IEndpointRouteBuilder MapWeb(this IEndpointRouteBuilder app)
    {
        app.MapRazorPages();
        TusUploads.Map(app);
        return app;
    }

    // Which sites may frame us is the Content-Security-Policy's business (frame-ancestors, from the registered EHRs).
    private static void Antiforgery(AntiforgeryOptions options)
    {
        options.SuppressXFrameOptionsHeader = true;
        options.Cookie = new FrameCookie { Name = "ht-form", HttpOnly = true, IsEssential = true };
    }

    // Host finds the pages by itself when it is built as a web application; a test host may not.
    private static void Pages(ApplicationPartManager manager)
    {
        var assembly = typeof(WebServices).Assembly;
        if (manager.ApplicationParts.Any(part => part.Name == assembly.GetName().Name)) return;
        foreach (var part in ApplicationPartFactory.GetApplicationPartFactory(assembly).GetApplicationParts(assembly))
            manager.ApplicationParts.Add(part);
    }
}

using HealthTeams.Platform.Due;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Files;

internal static class FileServices
{
    public static void AddFiles(this IServiceCollection services)
    {
        services.AddSingleton<FileStore>();
        services.AddSingleton<FileDoor>();
        services.AddSingleton<FileUploads>();
        services.AddSingleton<FileDesk>();
        ProblemMapping.Name("file_name", Problem.Conflict("The folder has a file of this name.", "file-taken"));
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddFileWork(this IServiceCollection services)
    {
        services.AddSingleton<IDueSweep, ScanDue>();
        services.AddSingleton<IDueSweep, PurgeDue>();
    }
}

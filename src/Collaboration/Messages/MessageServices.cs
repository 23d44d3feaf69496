using HealthTeams.Collaboration.Messages.Channels;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Messages;

internal static class MessageServices
{
    public static void AddMessages(this IServiceCollection services)
    {
        services.AddSingleton<MessageDoor>();
        services.AddSingleton<MessageBox>();
        services.AddSingleton<SentMessages>();
        services.AddSingleton<SendUrgent>();
        services.AddSingleton<EscalationPolicies>();
        services.AddSingleton<MyChannels>();
    }

    /// <summary>What the worker role does.</summary>
    public static void AddMessageWork(this IServiceCollection services)
    {
        services.AddSingleton<IDueSweep, NotifyDue>();
        services.AddSingleton<IDueSweep, EscalationsDue>();
        services.AddSingleton<IEventConsumer, TellUnread>();
        services.AddSingleton<IChannel, PushChannel>();
        services.AddSingleton<IChannel, MailChannel>();
        services.AddSingleton<IChannel, SmsChannel>();
        services.AddHostedService<ChannelWork>();
    }
}

using Microsoft.EntityFrameworkCore;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>OpenIddict's four tables and nothing else; 0200_tokens.sql makes them.</summary>
internal sealed class TokenDb(DbContextOptions<TokenDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.HasDefaultSchema("auth");
}

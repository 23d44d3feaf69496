global using HealthTeams.Platform;
global using HealthTeams.Platform.Callers;
global using HealthTeams.Platform.Database;
global using HealthTeams.Platform.Events;
global using HealthTeams.Platform.Problems;

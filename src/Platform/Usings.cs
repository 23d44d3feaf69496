global using HealthTeams.Platform.Due;
global using HealthTeams.Platform.Callers;
global using HealthTeams.Platform.Events;
global using HealthTeams.Platform.Problems;

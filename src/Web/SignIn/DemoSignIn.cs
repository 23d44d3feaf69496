namespace HealthTeams.Web.SignIn;

/// <summary>The people of the demo hospital, offered on the sign-in page; registered with demo data only.</summary>
public sealed record DemoSignIn(IReadOnlyList<DemoUser> Users, string Password);

public sealed record DemoUser(string Username, string Name, string Role);

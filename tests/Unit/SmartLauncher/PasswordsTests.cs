using System.Buffers.Binary;
using HealthTeams.SmartLauncher.Staff;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Xunit;

namespace HealthTeams.Tests.SmartLauncher;

public sealed class PasswordsTests
{
    private readonly Passwords passwords = new(Options.Create(new PasswordHasherOptions { IterationCount = Passwords.Rounds }));

    [Fact]
    public void A_hash_says_its_work_and_takes_the_rounds_that_are_advised()
    {
        var hash = Convert.FromBase64String(passwords.Hash("a long password"));
        Assert.Equal(1, hash[0]); // PBKDF2 in the form that names its function and rounds
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1))); // SHA-512
        Assert.Equal(210_000u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
    }

    [Fact]
    public void An_older_hash_of_fewer_rounds_stays_valid_and_nobodys_password_is_never_right()
    {
        var older = new Passwords(Options.Create(new PasswordHasherOptions { IterationCount = 100_000 })).Hash("a long password");
        Assert.True(passwords.Right(older, "a long password"));
        Assert.False(passwords.Right(older, "another password"));
        Assert.False(passwords.Right(null, "an account that does not exist"));
    }
}

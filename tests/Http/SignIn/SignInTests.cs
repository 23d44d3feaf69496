using HealthTeams.SmartLauncher.Staff;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.SignIn;

public sealed class SignInTests(TestProduct product) : IClassFixture<TestProduct>
{
    private StaffSignIn Door => product.App.Services.GetRequiredService<StaffSignIn>();

    [Fact]
    public async Task Guesses_side_by_side_are_as_few_as_guesses_in_a_row()
    {
        await product.Staff("guessed", "Guessed");
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => Task.Run(() => Door.SignIn("guessed", $"guess {n}", "10.9.9.9", default))));
        Assert.Equal(Lockout.FreeAttempts, answers.Count(a => a.Problem!.Code == "sign-in-refused"));
        Assert.Equal(10 - Lockout.FreeAttempts, answers.Count(a => a.Problem!.Code == "sign-in-locked"));
        // The right password has to wait there, too; from elsewhere it does not.
        Assert.Equal("sign-in-locked", (await Door.SignIn("guessed", TestProduct.Password, "10.9.9.9", default)).Problem!.Code);
        Assert.True((await Door.SignIn("guessed", TestProduct.Password, "10.1.1.1", default)).Ok);
        product.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.True((await Door.SignIn("guessed", TestProduct.Password, "10.9.9.9", default)).Ok);
    }

    [Fact]
    public async Task A_success_forgives_what_came_before_it()
    {
        await product.Staff("clumsy", "Clumsy");
        for (var round = 0; round < 3; round++)
        {
            for (var n = 1; n < Lockout.FreeAttempts; n++) Assert.Equal("sign-in-refused", (await Door.SignIn("clumsy", "wrong", "10.2.2.2", default)).Problem!.Code);
            Assert.True((await Door.SignIn("clumsy", TestProduct.Password, "10.2.2.2", default)).Ok);
        }
    }
}

using MatrixOrleans.Grains.Accounts;

namespace MatrixOrleans.Server.Tests.Accounts;

public sealed class UiaFlowsTests
{
    private static readonly IReadOnlyList<string[]> Flows = [["a", "b"], ["a", "c", "d"], ["e"]];

    [Theory]
    [InlineData("", "a", true)]
    [InlineData("", "e", true)]
    [InlineData("", "b", false)]
    [InlineData("", "d", false)]
    [InlineData("a", "b", true)]
    [InlineData("a", "c", true)]
    [InlineData("a", "e", true)]
    [InlineData("a", "d", false)]
    [InlineData("a", "a", false)]
    [InlineData("a c", "d", true)]
    [InlineData("", "unknown", false)]
    public void Stages_come_in_the_order_of_a_flow(string completed, string stage, bool allowed) =>
        Assert.Equal(allowed, UiaFlows.MayAttempt(Flows, Stages(completed), stage));

    [Theory]
    [InlineData("", false)]
    [InlineData("a", false)]
    [InlineData("a c", false)]
    [InlineData("c d", false)]
    [InlineData("a b", true)]
    [InlineData("a c d", true)]
    [InlineData("e", true)]
    public void Only_all_stages_of_one_flow_are_enough(string completed, bool done) => Assert.Equal(done, UiaFlows.IsDone(Flows, Stages(completed)));

    [Fact]
    public void No_flow_is_never_done()
    {
        Assert.False(UiaFlows.IsDone([], []));
        Assert.False(UiaFlows.IsDone([[]], []));
        Assert.False(UiaFlows.IsDone([], ["a"]));
    }

    private static string[] Stages(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

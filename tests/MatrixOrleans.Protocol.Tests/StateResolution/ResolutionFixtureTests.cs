using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.StateResolution;
using MatrixOrleans.Protocol.Tests.Fixtures;

namespace MatrixOrleans.Protocol.Tests.StateResolution;

public class ResolutionFixtureTests
{
    public static TheoryData<string> Names => [.. ResolutionFixture.Names];

    [Theory, MemberData(nameof(Names))]
    public void A_fork_is_resolved_as_its_file_says(string name)
    {
        var fixture = ResolutionFixture.Read(name);
        foreach (var version in fixture.Versions)
        {
            var dag = fixture.Build(version);
            var states = fixture.States(dag);

            AssertResult(fixture, dag, StateResolver.Resolve(version, states, dag));
            AssertResult(fixture, dag, StateResolver.Resolve(version, [.. states.AsEnumerable().Reverse()], dag));
            AssertResult(fixture, dag, new NaiveResolver(version, dag).Resolve(states));
        }
    }

    private static void AssertResult(ResolutionFixture fixture, Dag dag, IReadOnlyDictionary<StateKey, EventId> result)
    {
        foreach (var (key, expected) in fixture.Result(dag.Version))
        {
            var actual = result.TryGetValue(key, out var id) ? dag.Name(id) : null;
            Assert.True(expected == actual, $"version {dag.Version}, {key.Type} {key.Key}: {actual ?? "nothing"} instead of {expected ?? "nothing"}");
        }

        Assert.Equal(dag.Create.EventId, result[StateKey.Create]);
    }
}

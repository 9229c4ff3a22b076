using MatrixOrleans.Conformance.OpenApi;
using MatrixOrleans.Gateway.ClientServer;
using MatrixOrleans.Gateway.Federation;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Conformance.Coverage;

/// <summary>The gateway's route list against the specification's OpenAPI files.</summary>
public sealed class RouteListTests
{
    [Fact]
    public void No_operation_is_listed_twice()
    {
        Assert.Equal(Routes.All.Count, Routes.All.Select(e => (e.Method, e.Path)).Distinct().Count());
        string[] served = [.. Routes.All.SelectMany(e => e.AlsoOperations.Prepend(e.OperationId))];
        Assert.Equal(served.Length, served.Distinct().Count());
    }

    [Fact]
    public void Every_route_is_an_operation_of_the_specification_with_its_method_and_path()
    {
        Dictionary<string, Operation> operations = Load().ToDictionary(o => o.Id);
        List<string> wrong = [];
        foreach (Endpoint route in CoveragePage.SpecifiedRoutes())
        {
            if (!operations.TryGetValue(route.OperationId, out Operation? operation))
            {
                wrong.Add($"{route.OperationId} is no operation of the specification");
            }
            else if (operation.Method != route.Method || operation.Path != route.Path)
            {
                wrong.Add($"{route.OperationId} is {operation.Method} {operation.Path}, not {route.Method} {route.Path}");
            }
            wrong.AddRange(route.AlsoOperations
                .Where(id => !operations.TryGetValue(id, out Operation? other) || other.Method != route.Method || other.Path != route.Path)
                .Select(id => $"{id} is not {route.Method} {route.Path}"));
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void The_coverage_page_is_up_to_date()
    {
        string page = CoveragePage.Write(Load(), Load("server-server"));
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(CoveragePage.File, page);
        }
        Assert.True(File.Exists(CoveragePage.File) && File.ReadAllText(CoveragePage.File) == page, "docs/spec-coverage.md is stale: run UPDATE_DOCS=1 ./test Conformance and commit it.");
    }

    [Fact]
    public void Every_route_for_servers_is_an_operation_of_the_specification_with_its_method_and_path()
    {
        Dictionary<string, Operation> operations = Load("server-server").ToDictionary(o => o.Id);
        Assert.Equal(ServerRoutes.All.Count, ServerRoutes.All.Select(e => (e.Method, e.Path)).Distinct().Count());
        Assert.Equal(ServerRoutes.All.Count, ServerRoutes.All.Select(e => e.OperationId).Distinct().Count());
        Assert.All(ServerRoutes.All.Where(e => !e.Path.Contains("/unstable/", StringComparison.Ordinal)), route =>
        {
            Assert.True(operations.TryGetValue(route.OperationId, out Operation? operation), $"{route.OperationId} is no operation of the specification");
            Assert.Equal((operation.Method, operation.Path), (route.Method, route.Path));
        });
    }

    private static IReadOnlyList<Operation> Load(string api = "client-server") => new OperationTable(Path.Combine(SpecFolder.Require(), "data", "api", api), new SchemaSource()).All;
}

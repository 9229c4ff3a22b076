using System.Globalization;
using System.Text;
using MatrixOrleans.Conformance.Hosting;
using MatrixOrleans.Conformance.OpenApi;
using MatrixOrleans.Gateway.ClientServer;
using MatrixOrleans.Gateway.Federation;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Conformance.Coverage;

/// <summary>The text of <c>docs/spec-coverage.md</c>: every operation of the client-server and the server-server API, with the file that answers it or "later".</summary>
public static class CoveragePage
{
    /// <summary>Where the page is committed.</summary>
    public static string File { get; } = Repository.File("docs", "spec-coverage.md");

    /// <summary>The page as it ought to be.</summary>
    public static string Write(IReadOnlyList<Operation> clientServer, IReadOnlyList<Operation> serverServer)
    {
        StringBuilder page = new();
        page.Append("# Coverage of the specification\n\n");
        page.Append("Generated from the route list and the OpenAPI files of Matrix v1.19 by the conformance tests: `UPDATE_DOCS=1 ./test Conformance` writes it anew.\n\n");
        Api(page, "Client-server API", clientServer, [.. Routes.All.SelectMany(e => e.AlsoOperations.Prepend(e.OperationId))], ClientServerFiles());
        page.Append("\n# Server-server API\n\n");
        Api(page, "Server-server API", serverServer, [.. ServerRoutes.All.Select(e => e.OperationId)], FilesByOperation("Federation"));
        return page.ToString();
    }

    private static void Api(StringBuilder page, string name, IReadOnlyList<Operation> operations, HashSet<string> served, Dictionary<string, string> files)
    {
        page.Append(CultureInfo.InvariantCulture, $"{name}: {operations.Count(o => served.Contains(o.Id))} of {operations.Count} operations.\n");
        foreach (IGrouping<string, Operation> area in operations.GroupBy(o => o.Area))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {area.Key}\n\n| operation | request | file |\n|---|---|---|\n");
            foreach (Operation operation in area)
            {
                string file = !served.Contains(operation.Id) ? "later" : files.TryGetValue(operation.Id, out string? path) ? $"[{Path.GetFileName(path)}](../{path})" : "served";
                page.Append(CultureInfo.InvariantCulture, $"| {operation.Id} | `{operation.Method} {operation.Path}` | {file} |\n");
            }
        }
    }

    /// <summary>
    /// The operations of the route list that the specification's OpenAPI files ought to have: stable paths of the client-server API, without the pages of the
    /// user-interactive authentication fallback, which the specification describes in its text alone.
    /// </summary>
    public static IEnumerable<Endpoint> SpecifiedRoutes() => Routes.All.Where(e =>
        (e.Path.StartsWith("/_matrix/client/", StringComparison.Ordinal) && !e.Path.Contains("/unstable/", StringComparison.Ordinal) && e.Path != "/_matrix/client/v4/sync" && !e.Path.EndsWith("/fallback/web", StringComparison.Ordinal)) ||
        e.Path.StartsWith("/_matrix/media/", StringComparison.Ordinal) ||
        e.Path.StartsWith("/.well-known/matrix/", StringComparison.Ordinal));

    private static Dictionary<string, string> ClientServerFiles()
    {
        Dictionary<string, string> files = FilesByOperation("ClientServer");
        foreach (Endpoint route in Routes.All.Where(e => files.ContainsKey(e.OperationId)))
        {
            foreach (string other in route.AlsoOperations)
            {
                files.TryAdd(other, files[route.OperationId]);
            }
        }
        return files;
    }

    private static Dictionary<string, string> FilesByOperation(string api)
    {
        string folder = Repository.File("src", "MatrixOrleans.Gateway", api);
        return Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .GroupBy(f => Path.GetFileNameWithoutExtension(f), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(g => g.Key, g => Path.GetRelativePath(Repository.Root, g.First()).Replace('\\', '/'), StringComparer.OrdinalIgnoreCase);
    }
}

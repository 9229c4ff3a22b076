namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>All operations of one API of the specification.</summary>
public sealed class OperationTable
{
    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal) { "get", "put", "post", "delete", "patch", "head", "options" };

    /// <summary>Reads every OpenAPI file of a folder such as <c>data/api/client-server</c>.</summary>
    public OperationTable(string folder, SchemaSource source)
    {
        List<Operation> operations = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal))
        {
            SpecNode root = source.Open(file);
            string basePath = root["servers"].Elements().FirstOrDefault()["variables"]["basePath"]["default"].Text ?? "";
            // A trailing blank tells two operations of one path apart (POST /rooms/{roomId}/invite, by user id and by third-party id).
            foreach ((string path, SpecNode item) in root["paths"].Members())
            {
                foreach ((string method, SpecNode node) in source.Resolve(item).Members().Where(m => Methods.Contains(m.Key)))
                {
                    operations.Add(new Operation(node["operationId"].Text!, method.ToUpperInvariant(), basePath + path.TrimEnd(), Path.GetFileNameWithoutExtension(file), node));
                }
            }
        }
        All = operations;
    }

    /// <summary>The operations, ordered by file.</summary>
    public IReadOnlyList<Operation> All { get; }

    /// <summary>The operation that a request means, or null. <paramref name="path"/> is without query and still percent-encoded.</summary>
    public Operation? Find(string method, string path)
    {
        string[] segments = path.Split('/');
        return All.Where(o => o.Method == method)
            .Select(o => (Operation: o, Fit: o.Fit(segments)))
            .Where(o => o.Fit >= 0)
            .OrderByDescending(o => o.Fit)
            .Select(o => o.Operation)
            .FirstOrDefault();
    }
}

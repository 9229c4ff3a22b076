namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>
/// Where the text of the Matrix specification (its <c>data</c> folder) is on this machine: <c>MATRIX_SPEC</c>, or
/// <c>../shared/spec</c> beside the repository. A plain clone has none; then nothing is checked against it.
/// </summary>
public static class SpecFolder
{
    /// <summary>The folder that holds <c>data/api</c>, or null.</summary>
    public static string? Path { get; } = Find();

    /// <summary>Skips the running test, saying why, when the specification is not here. In CI (<c>CI=true</c>) it fails.</summary>
    public static string Require()
    {
        if (Path is null)
        {
            string reason = "The Matrix specification is not on this machine (set MATRIX_SPEC to its folder): nothing was checked against its OpenAPI files.";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("MATRIX_SPEC_REQUIRED") == "true", reason);
            Assert.Fail(reason);
        }
        return Path;
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("MATRIX_SPEC") is { Length: > 0 } named)
        {
            return HasApi(named) ? named : null;
        }
        for (string? folder = Hosting.Repository.Root; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            string beside = System.IO.Path.Combine(folder, "shared", "spec");
            if (HasApi(beside))
            {
                return beside;
            }
        }
        return null;
    }

    private static bool HasApi(string folder) => Directory.Exists(System.IO.Path.Combine(folder, "data", "api", "client-server"));
}

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>The working copy that these tests were built from.</summary>
public static class Repository
{
    /// <summary>The folder of the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of the repository.</summary>
    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (System.IO.File.Exists(Path.Combine(folder, "MatrixOrleans.sln")))
            {
                return folder;
            }
        }
        throw new InvalidOperationException($"No MatrixOrleans.sln above {AppContext.BaseDirectory}.");
    }
}

using System.Xml.Linq;

namespace MatrixOrleans.Server.Tests;

/// <summary>References point one way (docs/architecture.md).</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Protocol"] = [],
        ["Contracts"] = ["Protocol"],
        ["Storage"] = ["Protocol"],
        ["Media"] = ["Protocol"],
        ["Outbound"] = ["Protocol"],
        ["Grains"] = ["Contracts", "Media", "Outbound", "Protocol", "Storage"],
        ["Gateway"] = ["Contracts", "Media", "Protocol"],
        ["Server"] = ["Contracts", "Gateway", "Grains", "Media", "Outbound", "Protocol", "Storage"],
    };

    [Fact]
    public void Projects_refer_only_to_those_that_the_design_allows()
    {
        var projects = System.IO.Directory.GetFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.Equal(Allowed.Keys.Order(), projects.Select(Name).Order());
        foreach (var project in projects)
        {
            var references = XDocument.Load(project).Descendants("ProjectReference").Select(r => Name(r.Attribute("Include")!.Value));
            Assert.All(references, reference => Assert.Contains(reference, Allowed[Name(project)]));
        }
    }

    [Fact]
    public void Only_storage_refers_to_database_drivers()
    {
        foreach (var project in System.IO.Directory.GetFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories).Where(p => Name(p) != "Storage"))
        {
            var packages = XDocument.Load(project).Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value);
            Assert.DoesNotContain(packages, package => package is "Npgsql" or "Microsoft.Data.Sqlite" or "Dapper");
        }
    }

    [Fact]
    public void Only_media_refers_to_image_libraries()
    {
        foreach (var project in System.IO.Directory.GetFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories).Where(p => Name(p) != "Media"))
        {
            var packages = XDocument.Load(project).Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value);
            Assert.DoesNotContain(packages, package => package.StartsWith("NetVips", StringComparison.Ordinal));
        }
    }

    private static string Name(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')).Replace("MatrixOrleans.", "", StringComparison.Ordinal);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MatrixOrleans.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The repository was not found above the tests");
        }

        return folder.FullName;
    }
}

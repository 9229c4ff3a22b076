using System.Security.Cryptography;
using MatrixOrleans.Server.Configuration;

namespace MatrixOrleans.Server.Hosting;

/// <summary>The secret with which the command line makes accounts; made at the first start and readable by its owner only.</summary>
internal static class RegistrationSecret
{
    public static string Get(HomeserverOptions options)
    {
        if (options.RegistrationSharedSecret is { Length: > 0 } given)
        {
            return given;
        }

        var file = Path.Combine(options.DataDir, "registration-shared-secret");
        if (File.Exists(file))
        {
            return File.ReadAllText(file).Trim();
        }

        Directory.CreateDirectory(options.DataDir);
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(file, create);
        using var writer = new StreamWriter(stream);
        writer.WriteLine(secret);
        return secret;
    }
}

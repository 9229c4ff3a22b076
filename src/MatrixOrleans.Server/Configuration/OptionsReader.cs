using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using MatrixOrleans.Media;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using YamlDotNet.Serialization;

namespace MatrixOrleans.Server.Configuration;

/// <summary>Reads the configuration and finds all its faults at once.</summary>
public static class OptionsReader
{
    private const string EnvironmentPrefix = "MATRIX_ORLEANS_";

    /// <summary>Later sources win: YAML file, environment, command line.</summary>
    /// <param name="faults">One sentence each; empty when the configuration can be used.</param>
    public static HomeserverOptions Read(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, out IReadOnlyList<string> faults)
    {
        var problems = new List<string>();
        var fromCommandLine = CommandLine(arguments, problems);
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (fromCommandLine.Remove("config", out var file) || environment.TryGetValue(EnvironmentPrefix + "CONFIG", out file))
        {
            AddYaml(file, values, problems);
        }

        foreach (var property in Properties())
        {
            if (environment.TryGetValue(EnvironmentPrefix + KeyOf(property).Replace('-', '_').ToUpperInvariant(), out var value))
            {
                values[KeyOf(property)] = value;
            }
        }

        foreach (var (key, value) in fromCommandLine)
        {
            values[key] = value;
        }

        var options = new HomeserverOptions();
        Apply(options, values, problems);
        Check(options, problems);
        faults = problems;
        return options;
    }

    /// <summary>Every key with its property, in the order of the class.</summary>
    public static IEnumerable<PropertyInfo> Properties() => typeof(HomeserverOptions).GetProperties();

    public static string KeyOf(PropertyInfo property) => property.GetCustomAttribute<KeyAttribute>()!.Name;

    private static Dictionary<string, string> CommandLine(IReadOnlyList<string> arguments, List<string> problems)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                problems.Add($"'{argument}' is no option: options are written --key value.");
                continue;
            }

            var equals = argument.IndexOf('=');
            if (equals > 0)
            {
                values[argument[2..equals]] = argument[(equals + 1)..];
            }
            else if (i + 1 < arguments.Count)
            {
                values[argument[2..]] = arguments[++i];
            }
            else
            {
                problems.Add($"{argument} has no value.");
            }
        }

        return values;
    }

    private static void AddYaml(string file, Dictionary<string, string> values, List<string> problems)
    {
        try
        {
            var read = new DeserializerBuilder().Build().Deserialize<Dictionary<string, string>>(File.ReadAllText(file));
            foreach (var (key, value) in read ?? [])
            {
                values[key] = value;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or YamlDotNet.Core.YamlException)
        {
            problems.Add($"The configuration file {file} cannot be read: {e.Message}");
        }
    }

    private static void Apply(HomeserverOptions options, Dictionary<string, string> values, List<string> problems)
    {
        var known = Properties().ToDictionary(KeyOf, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in values)
        {
            if (!known.TryGetValue(key, out var property))
            {
                problems.Add($"There is no key '{key}'.");
                continue;
            }

            try
            {
                property.SetValue(options, TypeDescriptor.GetConverter(property.PropertyType).ConvertFromString(null, CultureInfo.InvariantCulture, value));
            }
            catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException)
            {
                problems.Add($"'{value}' is no value for '{key}'.");
            }
        }
    }

    private static void Check(HomeserverOptions options, List<string> problems)
    {
        foreach (var name in Names(options))
        {
            if (!ServerName.TryParse(name, out _))
            {
                problems.Add($"'{name}' is no server name.");
            }
        }

        CheckListening(options, problems);
        CheckAppServices(options, problems);

        if (options.Database != "sqlite" && !options.Database.StartsWith("postgres:", StringComparison.Ordinal))
        {
            problems.Add("database must be 'sqlite' or 'postgres:' and a connection string.");
        }

        if (options.Registration is not ("closed" or "token" or "open"))
        {
            problems.Add("registration must be closed, token or open.");
        }

        if (options.RateLimit is not ("on" or "off"))
        {
            problems.Add("rate-limit must be on or off.");
        }

        if (options.PolicyServerKey is { } key && !(UnpaddedBase64.TryDecode(key, out var bytes) && bytes.Length == 32))
        {
            problems.Add("policy-server-key must be 32 bytes in unpadded base64.");
        }

        FederationReader.Check(options, problems);
        CheckMedia(options, problems);
        if (!Enum.TryParse<LogLevel>(options.LogLevel, ignoreCase: true, out _))
        {
            problems.Add("log-level must be Debug, Information, Warning or Error.");
        }
    }

    private static void CheckMedia(HomeserverOptions options, List<string> problems)
    {
        if (options.MediaLegacy is not ("off" or "frozen" or "on"))
        {
            problems.Add("media-legacy must be off, frozen or on.");
        }

        if (options.MediaUploadBytesMax < 1 || options.MediaImagePixelsMax < 1)
        {
            problems.Add("media-upload-bytes-max and media-image-pixels-max must be positive.");
        }

        if (options.MediaQuotaBytes < 0 || options.MediaRetentionDays < 0 || options.MediaRemoteRetentionDays < 0)
        {
            problems.Add("media-quota-bytes, media-retention-days and media-remote-retention-days must not be negative.");
        }

        if (options.MediaS3 is not null && (S3Of(options) is null || options.MediaS3AccessKey is null || options.MediaS3SecretKey is null))
        {
            problems.Add("media-s3 must be a URL with a bucket, such as https://s3.example.org/bucket, and needs media-s3-access-key and media-s3-secret-key.");
        }
    }

    /// <summary>The bucket that <c>media-s3</c> names; <c>null</c> when it names none.</summary>
    public static S3Options? S3Of(HomeserverOptions options)
    {
        if (!Uri.TryCreate(options.MediaS3, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.AbsolutePath.Trim('/') is not { Length: > 0 } path)
        {
            return null;
        }

        var parts = path.Split('/', 2);
        var prefix = parts.Length > 1 ? parts[1] + "/" : "";
        return new S3Options(url.GetLeftPart(UriPartial.Authority), parts[0], options.MediaS3AccessKey ?? "", options.MediaS3SecretKey ?? "", options.MediaS3Region, prefix);
    }

    private static void CheckAppServices(HomeserverOptions options, List<string> problems)
    {
        if (problems.Count == 0)
        {
            try
            {
                RegistrationFiles.Read(options);
            }
            catch (InvalidDataException fault)
            {
                problems.Add(fault.Message);
            }
        }
    }

    private static void CheckListening(HomeserverOptions options, List<string> problems)
    {
        var addresses = Addresses(options);
        if (addresses.Count == 0 || addresses.Any(a => !Uri.TryCreate(a, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")))
        {
            problems.Add("listen must be a URL such as http://127.0.0.1:8008, or several with commas between them.");
        }

        if (options.TlsCertificate is null && addresses.Any(a => a.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
        {
            problems.Add("An https address in listen needs tls-certificate.");
        }

        foreach (var file in new[] { options.TlsCertificate, options.TlsKey })
        {
            if (file is not null && !File.Exists(file))
            {
                problems.Add($"There is no file {file}.");
            }
        }
    }

    /// <summary>The addresses to listen on, the first being the one that people are told.</summary>
    public static IReadOnlyList<string> Addresses(HomeserverOptions options) =>
        options.Listen.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>All server names of the process, the main one first.</summary>
    public static IReadOnlyList<string> Names(HomeserverOptions options) =>
        [.. new[] { options.ServerName }.Concat((options.Tenants ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()];
}

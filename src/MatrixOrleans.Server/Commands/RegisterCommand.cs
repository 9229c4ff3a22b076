using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Server.Configuration;
using MatrixOrleans.Server.Hosting;

namespace MatrixOrleans.Server.Commands;

/// <summary><c>matrix-orleans register NAME [--admin true]</c>: makes an account on the running server with the shared secret.</summary>
internal static class RegisterCommand
{
    public static async Task<int> Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        if (arguments.Count == 0 || arguments[0].StartsWith('-'))
        {
            await Console.Error.WriteLineAsync("Usage: register NAME [--password PASSWORD] [--admin true] [--data-dir DIR] [--listen URL]");
            return 2;
        }

        var rest = arguments.Skip(1).ToList();
        var admin = Take(rest, "--admin") is "true" or "yes";
        var password = Take(rest, "--password") ?? Ask();
        var options = OptionsReader.Read(rest, environment, out var faults);
        if (faults.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join('\n', faults));
            return 2;
        }

        using var http = new HttpClient { BaseAddress = new Uri(OptionsReader.Addresses(options)[0]) };
        http.DefaultRequestHeaders.Host = options.ServerName;
        var nonce = (await http.GetFromJsonAsync<JsonElement>("/_synapse/admin/v1/register")).GetProperty("nonce").GetString()!;
        var text = string.Join('\0', nonce, arguments[0], password, admin ? "admin" : "notadmin");
        var mac = Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(RegistrationSecret.Get(options)), Encoding.UTF8.GetBytes(text)));
        using var response = await http.PostAsJsonAsync("/_synapse/admin/v1/register", new { nonce, username = arguments[0], password, admin, mac });
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        if (!response.IsSuccessStatusCode)
        {
            await Console.Error.WriteLineAsync(answer.TryGetProperty("error", out var error) ? error.GetString() : "The server refused");
            return 1;
        }

        Console.WriteLine($"Made {answer.GetProperty("user_id").GetString()}");
        return 0;
    }

    private static string? Take(List<string> arguments, string name)
    {
        var at = arguments.IndexOf(name);
        if (at < 0 || at + 1 >= arguments.Count)
        {
            return null;
        }

        var value = arguments[at + 1];
        arguments.RemoveRange(at, 2);
        return value;
    }

    private static string Ask()
    {
        Console.Write("Password: ");
        return Console.ReadLine() ?? "";
    }
}

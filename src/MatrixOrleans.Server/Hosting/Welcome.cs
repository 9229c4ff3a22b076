using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Configuration;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Server.Hosting;

/// <summary>What a person sees who has just started the server.</summary>
internal static class Welcome
{
    public static async Task Print(HomeserverOptions options, Database database)
    {
        Console.WriteLine($"Homeserver {options.ServerName} is ready at {string.Join(" and ", OptionsReader.Addresses(options))}");
        if ((await database.Accounts.List(ServerName.Parse(options.ServerName), "", 1)).Count > 0)
        {
            return;
        }

        Console.WriteLine("There is no account yet. Make the first one, an administrator, from another terminal:");
        Console.WriteLine("    ./run register alice --admin true");
    }
}

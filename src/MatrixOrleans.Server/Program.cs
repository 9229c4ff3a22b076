using System.Collections;
using MatrixOrleans.Server.Commands;
using MatrixOrleans.Server.Configuration;
using MatrixOrleans.Server.Hosting;

var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
if (args is ["register", .. var arguments])
{
    return await RegisterCommand.Run(arguments, environment);
}

var migrateOnly = args is ["migrate", ..];
var options = OptionsReader.Read(migrateOnly ? args[1..] : args, environment, out var faults);
if (faults.Count > 0)
{
    await Console.Error.WriteLineAsync("The configuration cannot be used:\n" + string.Join('\n', faults.Select(fault => "- " + fault)));
    return 2;
}

return migrateOnly ? await Homeserver.Migrate(options) : await Homeserver.Run(options);

using System.Text.Json;
using MatrixOrleans.Contracts.ApplicationServices;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>Look-ups in third-party networks: every application service that has the network is asked, and the answers are put together.</summary>
internal static class ThirdParty
{
    /// <summary>Longest query that is passed on, in characters.</summary>
    private const int QueryCharsMax = 4096;

    /// <summary>Asks those that have a protocol, or all that have any.</summary>
    public static async ValueTask<IReadOnlyList<(ApplicationService Service, JsonElement Json)>> Ask(ClientRequest request, string? protocol, string path)
    {
        var asked = request.AppServices.All.Where(service => service.Tenant == request.Tenant && service.Url is not null
            && (protocol is null ? service.Protocols.Count > 0 : service.Protocols.Contains(protocol))).ToList();
        var answers = await Task.WhenAll(asked.Select(async service => (service, Json: await request.Grains.GetGrain<IAppServiceCallsGrain>(service.Id).ThirdParty(path))));
        return [.. answers.Where(answer => answer.Json is not null).Select(answer => (answer.service, JsonElement.Parse(answer.Json!.Value.Span)))];
    }

    /// <summary>The lists that application services answer with, one after another.</summary>
    public static async ValueTask<Answer> List(ClientRequest request, string? protocol, string path)
    {
        var answers = await Ask(request, protocol, path + Query(request));
        return Answer.Write(writer =>
        {
            writer.WriteStartArray();
            foreach (var (_, json) in answers)
            {
                if (json.ValueKind == JsonValueKind.Array)
                {
                    foreach (var item in json.EnumerateArray())
                    {
                        item.WriteTo(writer);
                    }
                }
            }

            writer.WriteEndArray();
        });
    }

    /// <summary>What is known of a protocol: the first application service's word, with the instances of all.</summary>
    public static async ValueTask<Action<Utf8JsonWriter>?> Protocol(ClientRequest request, string protocol)
    {
        var answers = (await Ask(request, protocol, "protocol/" + Uri.EscapeDataString(protocol))).Where(answer => answer.Json.ValueKind == JsonValueKind.Object).ToList();
        return answers.Count == 0 ? null : writer =>
        {
            writer.WriteStartObject();
            foreach (var member in answers[0].Json.EnumerateObject().Where(member => !member.NameEquals("instances"u8)))
            {
                member.WriteTo(writer);
            }

            writer.WriteStartArray("instances"u8);
            foreach (var (service, json) in answers)
            {
                WriteInstances(writer, service, json);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        };
    }

    private static void WriteInstances(Utf8JsonWriter writer, ApplicationService service, JsonElement json)
    {
        if (!json.TryGetProperty("instances"u8, out var instances) || instances.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var instance in instances.EnumerateArray().Where(instance => instance.ValueKind == JsonValueKind.Object))
        {
            writer.WriteStartObject();
            foreach (var member in instance.EnumerateObject().Where(member => !member.NameEquals("instance_id"u8)))
            {
                member.WriteTo(writer);
            }

            if (instance.TryGetProperty("network_id"u8, out var network) && network.ValueKind == JsonValueKind.String)
            {
                // What third_party_instance_id of POST /publicRooms takes.
                writer.WriteString("instance_id"u8, $"{service.Id}|{network.GetString()}");
            }

            writer.WriteEndObject();
        }
    }

    /// <summary>The client's fields, without its token.</summary>
    private static string Query(ClientRequest request)
    {
        var fields = request.Http.Request.Query.Where(field => field.Key is not ("access_token" or "user_id" or "device_id"))
            .SelectMany(field => field.Value.Select(value => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(value ?? "")}"));
        var query = string.Join('&', fields);
        return query.Length > QueryCharsMax ? throw new MatrixException(MatrixError.InvalidParam, "The query is too long") : query.Length == 0 ? "" : "?" + query;
    }
}

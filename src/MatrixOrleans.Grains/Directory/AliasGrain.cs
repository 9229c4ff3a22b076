using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.ApplicationServices;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Directory;

/// <summary>Aliases over storage; who may do what is measured at the room's committed state.</summary>
[StatelessWorker]
public sealed class AliasGrain(Database database, TenantKeys keys, ApplicationServiceList services, TimeProvider time) : Grain, IAliasGrain
{
    /// <summary>In a larger room its servers are not looked for: whoever asks can go through the alias' own.</summary>
    private const int MembersLookedAtMax = 500;

    /// <summary>Most servers that an answer names.</summary>
    private const int ServersMax = 20;

    public async ValueTask Set(RoomAlias alias, RoomId room, Actor actor)
    {
        if (alias.ServerName != actor.User.ServerName || alias.LocalpartSpan.IsEmpty || alias.LocalpartSpan.ContainsAny(" \t\r\n"))
        {
            throw new MatrixException(MatrixError.InvalidParam, "Room alias invalid, or of another server");
        }

        var state = await CurrentState.Load(database, room);
        if (state is null || (!actor.IsAdmin && !await state.IsJoined(actor.User)))
        {
            throw new MatrixException(MatrixError.Forbidden, "You must be in the room to give it an alias");
        }

        if (!await database.Aliases.Add(new AliasRow(alias, room, actor.User, time.GetUtcNow().ToUnixTimeMilliseconds())))
        {
            throw new MatrixException(MatrixError.Unknown.WithStatus(409), $"Room alias {alias} already exists.");
        }
    }

    public async ValueTask<AliasTarget?> Resolve(RoomAlias alias)
    {
        if (!keys.IsTenant(alias.ServerName) || await AppServiceQueries.Alias(alias, database, services, GrainFactory) is not { } row)
        {
            return null;
        }

        var servers = new List<ServerName> { alias.ServerName };
        if (await CurrentState.Load(database, row.RoomId) is { JoinedCount: <= MembersLookedAtMax } state)
        {
            var members = await database.Memberships.OfRoom(state.Room.Nid, Membership.Join);
            servers.AddRange(members.Select(member => member.UserId.ServerName).Distinct().Where(server => server != alias.ServerName).Take(ServersMax - 1));
        }

        return new AliasTarget(row.RoomId, servers);
    }

    public async ValueTask Delete(RoomAlias alias, Actor actor)
    {
        var row = await database.Aliases.Get(alias) ?? throw new MatrixException(MatrixError.NotFound, $"Room alias {alias} not found.");
        var state = await CurrentState.Load(database, row.RoomId);
        if (row.Creator != actor.User && !(actor.IsAdmin && alias.ServerName == actor.User.ServerName) && !(state is not null && await state.MayChangeAliases(actor.User)))
        {
            throw new MatrixException(MatrixError.Forbidden, "You may not remove this alias");
        }

        await database.Aliases.Remove(alias);
        if (state is not null && await state.Content(StateKey.CanonicalAlias) is { } content && CanonicalAliasContent.Without(content, alias) is { } without)
        {
            await Announce(row.RoomId, actor.User, without);
        }
    }

    public async ValueTask<IReadOnlyList<RoomAlias>> OfRoom(RoomId room, Actor actor)
    {
        var state = await CurrentState.Load(database, room);
        if (!actor.IsAdmin && (state is null || (!await state.IsJoined(actor.User) && !await IsWorldReadable(state))))
        {
            throw new MatrixException(MatrixError.Forbidden, "You are not a member of the room.");
        }

        return [.. (await database.Aliases.OfRoom(room)).Select(row => row.Alias).Where(alias => alias.ServerName == actor.User.ServerName)];
    }

    public async ValueTask CheckCanonical(RoomId room, ReadOnlyMemory<byte> content)
    {
        var state = await CurrentState.Load(database, room);
        var present = state is null ? null : await state.Content(StateKey.CanonicalAlias);
        foreach (var alias in CanonicalAliasContent.Added(JsonElement.Parse(content.Span), present))
        {
            if ((await database.Aliases.Get(alias))?.RoomId != room)
            {
                throw new MatrixException(MatrixError.BadAlias, $"The alias '{alias}' does not point to this room.");
            }
        }
    }

    /// <summary>The alias is gone whether or not the user may say so in the room.</summary>
    private async ValueTask Announce(RoomId room, UserId user, ReadOnlyMemory<byte> content)
    {
        try
        {
            await GrainFactory.GetGrain<IRoomGrain>(room.Value).Send(new SendRequest { Sender = user, Type = EventTypes.CanonicalAlias, StateKey = "", Content = content });
        }
        catch (MatrixException refusal) when (refusal.Code == MatrixError.Forbidden)
        {
            return;
        }
    }

    private static async ValueTask<bool> IsWorldReadable(CurrentState state) =>
        await state.Content(StateKey.HistoryVisibility) is { } content && content.TryGetProperty("history_visibility", out var value)
        && value.ValueKind == JsonValueKind.String && value.ValueEquals("world_readable"u8);
}

using System.Buffers.Text;
using System.Text;
using MatrixOrleans.Benchmarks.Http;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>Pages through whole rooms and compares what is there with what was acknowledged.</summary>
internal static class ReadBack
{
    private const int PageEvents = 1000;

    /// <param name="reader">A member of all the rooms.</param>
    public static async Task<ReadBackResult> Compare(Setup setup, User reader, IEnumerable<string> rooms, IEnumerable<UInt128> acknowledged)
    {
        var ids = new HashSet<UInt128>();
        var numbers = new HashSet<long>();
        var doubled = 0;
        await Setup.ForEach(rooms, async room =>
        {
            for (string? from = null; ;)
            {
                var path = $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/messages?dir=b&limit={PageEvents}{(from is null ? "" : "&from=" + Uri.EscapeDataString(from))}";
                var page = await setup.Call(Requests.Get(path, reader.Token));
                lock (ids)
                {
                    doubled += Take(page, ids, numbers);
                }

                var end = JsonText.After(page, "\"end\":\""u8);
                if (end.IsEmpty)
                {
                    return;
                }

                from = Encoding.UTF8.GetString(end);
            }
        });
        var all = acknowledged.ToList();
        return new ReadBackResult(all.Count, all.Count(id => !ids.Contains(id)), doubled);
    }

    private static int Take(ReadOnlySpan<byte> page, HashSet<UInt128> ids, HashSet<long> numbers)
    {
        var doubled = 0;
        var rest = page;
        int next;
        while ((next = rest.IndexOf("\"event_id\":\"$"u8)) >= 0)
        {
            rest = rest[(next + "\"event_id\":\""u8.Length)..];
            ids.Add(Sender.ShortId(rest));
        }

        rest = page;
        while ((next = rest.IndexOf("\"body\":\"#"u8)) >= 0)
        {
            rest = rest[(next + "\"body\":\"#"u8.Length)..];
            if (Utf8Parser.TryParse(rest[..EventSize.NumberLength], out long number, out _) && !numbers.Add(number))
            {
                doubled++;
            }
        }

        return doubled;
    }
}

/// <param name="Lost">Acknowledged events that are not there.</param>
/// <param name="Doubled">Messages that are there twice.</param>
internal sealed record ReadBackResult(int Acknowledged, int Lost, int Doubled);

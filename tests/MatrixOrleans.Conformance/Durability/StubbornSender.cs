using MatrixOrleans.Conformance.Client;

namespace MatrixOrleans.Conformance.Durability;

/// <summary>Sends one marked event after the other and repeats each with the same transaction id until it is acknowledged, whatever happens to the server.</summary>
public sealed class StubbornSender(TestClient client, string room)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly List<Acknowledged> _acknowledged = [];

    /// <summary>What was acknowledged, in order. Read it after <see cref="RunAsync"/> has ended.</summary>
    public IReadOnlyList<Acknowledged> Acknowledged => _acknowledged;

    /// <summary>How often a request went unanswered and was repeated.</summary>
    public int Repeats { get; private set; }

    /// <summary>Sends until told to stop; the event at hand is still brought to its acknowledgement.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            string marker = $"{client.UserId} {i}";
            string eventId = await SendAsync($"txn{i}", marker);
            _acknowledged.Add(new Acknowledged(client.UserId, marker, eventId));
        }
    }

    private async Task<string> SendAsync(string txnId, string marker)
    {
        while (true)
        {
            try
            {
                Answer answer = await client.Put($"/v3/rooms/{room}/send/m.room.message/{txnId}", new { msgtype = "m.text", body = marker });
                if (answer.Status is 200)
                {
                    return answer.Body.Str("event_id");
                }
                // A server that stops or starts may say that it is busy; anything else is a refusal that no repeat will mend.
                Assert.True(answer.Status is 429 or 503 or 504, $"{answer.Request}: {answer.Status} {answer.Text}");
                Repeats++;
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
            {
                Repeats++;
            }
            await Task.Delay(Pause);
        }
    }
}

namespace MatrixOrleans.Conformance.Durability;

/// <summary>The checker must fail for a server that drops, doubles or swaps one event.</summary>
public sealed class DeliveryCheckerTests
{
    private static readonly Acknowledged[] Sends = [.. Enumerable.Range(0, 6).Select(i => new Acknowledged(i % 2 == 0 ? "@a:x" : "@b:x", $"m{i}", $"$e{i}"))];
    private static readonly Delivered[] History = [.. Sends.Select(s => new Delivered(s.EventId, s.Sender, s.Marker))];

    [Fact]
    public void A_whole_history_passes() => Assert.Empty(DeliveryChecker.Check(Sends, History, [new("c", History), new("d", History)]));

    [Fact]
    public void A_send_without_an_answer_may_be_there_or_not()
    {
        Assert.Empty(DeliveryChecker.Check(Sends[..5], History, [new("c", History)]));
        Assert.Empty(DeliveryChecker.Check(Sends[..5], History[..5], [new("c", History[..5])]));
    }

    [Fact]
    public void Events_of_different_senders_may_stand_in_any_order()
    {
        Delivered[] other = [History[1], History[0], .. History[2..]];
        Assert.Empty(DeliveryChecker.Check(Sends, other, [new("c", other)]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void An_acknowledged_event_that_the_server_dropped_is_found(int index) =>
        Assert.Contains("lost", Assert.Single(DeliveryChecker.Check(Sends, Without(History, index), [])), StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void An_event_that_a_sync_skipped_is_found(int index) =>
        Assert.Contains("skipped", Assert.Single(DeliveryChecker.Check(Sends, History, [new("c", Without(History, index))])), StringComparison.Ordinal);

    [Fact]
    public void An_event_doubled_under_its_own_id_is_found()
    {
        Delivered[] doubled = [.. History, History[2]];
        Assert.Contains("doubled", Assert.Single(DeliveryChecker.Check(Sends, doubled, [])), StringComparison.Ordinal);
        Assert.Contains("doubled", Assert.Single(DeliveryChecker.Check(Sends, History, [new("c", doubled)])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_transaction_stored_twice_under_two_ids_is_found()
    {
        Delivered[] doubled = [.. History, History[2] with { EventId = "$again" }];
        Assert.Contains("doubled", Assert.Single(DeliveryChecker.Check(Sends, doubled, [])), StringComparison.Ordinal);
        Assert.Contains("acknowledged as", DeliveryChecker.Check([.. Sends, Sends[2] with { EventId = "$again" }], doubled, [])[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Two_events_of_one_sender_that_were_swapped_are_found()
    {
        Delivered[] swapped = [History[2], History[1], History[0], .. History[3..]];
        Assert.Contains("swapped", Assert.Single(DeliveryChecker.Check(Sends, swapped, [])), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_events_that_a_sync_swapped_are_found()
    {
        Delivered[] swapped = [History[1], History[0], .. History[2..]];
        Assert.Contains("swapped", Assert.Single(DeliveryChecker.Check(Sends, History, [new("c", swapped)])), StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_that_only_a_sync_knows_is_found() =>
        Assert.Contains("invented", Assert.Single(DeliveryChecker.Check(Sends[..5], History[..5], [new("c", History)])), StringComparison.Ordinal);

    [Fact]
    public void An_event_with_another_ones_content_is_found()
    {
        Delivered[] changed = [History[0] with { Marker = "other" }, .. History[1..]];
        Assert.Contains("changed", Assert.Single(DeliveryChecker.Check(Sends, changed, [])), StringComparison.Ordinal);
    }

    private static Delivered[] Without(Delivered[] events, int index) => [.. events[..index], .. events[(index + 1)..]];
}

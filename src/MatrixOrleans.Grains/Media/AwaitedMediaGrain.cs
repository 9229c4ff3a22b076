using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Media;

/// <summary>
/// Where downloads meet the upload that they wait for. It only wakes them: what is true is in the database, so a second activation costs no more than
/// the rest of a wait.
/// </summary>
internal sealed class AwaitedMediaGrain(Database database, TimeProvider time) : Grain, IAwaitedMediaGrain
{
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task Wait(int milliseconds)
    {
        // The signal first: content that comes while the database is read rings it.
        var came = _came.Task;
        if (await database.Media.Get(MxcUri.Parse(this.GetPrimaryKeyString())) is not { Blob: null })
        {
            return;
        }

        try
        {
            await came.WaitAsync(TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, IAwaitedMediaGrain.WaitMsMax)), time);
        }
        catch (TimeoutException)
        {
            // The caller looks again.
        }
    }

    public Task Came()
    {
        _came.TrySetResult();
        _came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

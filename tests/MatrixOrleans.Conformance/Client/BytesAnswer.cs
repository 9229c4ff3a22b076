namespace MatrixOrleans.Conformance.Client;

/// <summary>An answer whose body is bytes of any kind.</summary>
/// <param name="Bytes">The body.</param>
/// <param name="Answer">Status, headers, and the body if it is JSON.</param>
public sealed record BytesAnswer(byte[] Bytes, Answer Answer)
{
    /// <summary>A header's value; empty when it is missing.</summary>
    public string Header(string name) => Answer.Headers.GetValueOrDefault(name, "");

    /// <summary>The bytes of an answer that must be 200.</summary>
    public byte[] Ok()
    {
        Assert.True(Answer.Status == 200, $"{Answer.Request}: 200 expected, got {Answer.Status} {Answer.Text}");
        return Bytes;
    }

    /// <summary>The answer must have this status and error code.</summary>
    public void Fails(int status, string errcode) => Answer.Fails(status, errcode);
}

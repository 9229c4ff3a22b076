using System.Globalization;

namespace MatrixOrleans.Conformance.Client;

/// <summary>Request paths written as interpolated strings whose every argument is percent-encoded.</summary>
public static class ClientPath
{
    /// <summary>The path with encoded arguments. <c>/v3/…</c> and <c>/v1/…</c> stand for <c>/_matrix/client/v3/…</c>, so does <c>/unstable/…</c>.</summary>
    public static string From(FormattableString path)
    {
        object[] encoded = [.. path.GetArguments().Select(a => (object)Uri.EscapeDataString(Convert.ToString(a, CultureInfo.InvariantCulture) ?? ""))];
        string text = string.Format(CultureInfo.InvariantCulture, path.Format, encoded);
        return text.StartsWith("/v", StringComparison.Ordinal) || text.StartsWith("/unstable/", StringComparison.Ordinal) ? "/_matrix/client" + text : text;
    }
}

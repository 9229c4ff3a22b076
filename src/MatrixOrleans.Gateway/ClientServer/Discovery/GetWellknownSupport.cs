using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Discovery;

/// <summary>Whom to turn to (Client-Server API, "Well-known URIs").</summary>
internal static class GetWellknownSupport
{
    public static readonly Endpoint Endpoint = new("getWellknownSupport", "GET", "/.well-known/matrix/support", Access.Anybody, request =>
    {
        var (contacts, page) = (request.Options.SupportContacts, request.Options.SupportPage);
        return contacts.Count == 0 && page is null
            ? throw new MatrixException(MatrixError.NotFound, "No support information")
            : ValueTask.FromResult(Answer.Of(new { Contacts = contacts.Count == 0 ? null : contacts, SupportPage = page }));
    });
}

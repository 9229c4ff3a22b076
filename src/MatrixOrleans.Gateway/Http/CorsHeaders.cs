using Microsoft.AspNetCore.Http;

namespace MatrixOrleans.Gateway.Http;

/// <summary>Lets web clients of any origin in (Client-Server API, "Web Browser Clients").</summary>
public sealed class CorsHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowMethods = "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS";
        headers.AccessControlAllowHeaders = "X-Requested-With, Content-Type, Authorization, Date, If-Match, If-None-Match";
        headers.AccessControlExposeHeaders = "ETag, Expires, Last-Modified, Location, Retry-After";
        if (HttpMethods.IsOptions(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status200OK;
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync("{}");
        }

        return next(http);
    }
}

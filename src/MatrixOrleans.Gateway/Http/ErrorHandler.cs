using System.Globalization;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Gateway.Http;

/// <summary>The one place where refusals and failures become HTTP (Client-Server API, "Standard error response").</summary>
public sealed partial class ErrorHandler(RequestDelegate next, ILogger<ErrorHandler> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: 404 or 405, ContentLength: null } && http.GetEndpoint() is null or { DisplayName: "405 HTTP Method Not Supported" })
            {
                await Write(http, http.Response.StatusCode == 405
                    ? new MatrixException(MatrixError.MethodNotAllowed, "The method is not one of this path")
                    : new MatrixException(MatrixError.Unrecognized, "Unrecognized request"));
            }
        }
        catch (MatrixException refusal)
        {
            await Write(http, refusal);
        }
        catch (BadHttpRequestException bad)
        {
            await Write(http, new MatrixException(bad.StatusCode == 413 ? MatrixError.TooLarge : MatrixError.NotJson.WithStatus(bad.StatusCode), "The request could not be read"));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away; there is nobody to answer.
            http.Response.StatusCode = 499;
        }
        catch (TimeoutException timeout)
        {
            LogTimeout(log, timeout, http.Request.Method, http.Request.Path);
            await Write(http, new MatrixException(MatrixError.Unavailable, "The server is too busy to answer in time"));
        }
        catch (Exception failure) when (!http.Response.HasStarted)
        {
            LogFailure(log, failure, http.Request.Method, http.Request.Path);
            await Write(http, new MatrixException(MatrixError.Unknown, "Internal server error"));
        }
    }

    private static async Task Write(HttpContext http, MatrixException error)
    {
        if (http.Response.HasStarted)
        {
            return;
        }

        var answer = Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("errcode"u8, error.Code.Code);
            writer.WriteString("error"u8, error.Message);
            if (error.RetryAfterMs is { } wait)
            {
                writer.WriteNumber("retry_after_ms"u8, wait);
            }

            if (error.SoftLogout)
            {
                writer.WriteBoolean("soft_logout"u8, true);
            }

            if (error.ExtraJson.Length > 0)
            {
                foreach (var member in JsonElement.Parse(error.ExtraJson).EnumerateObject())
                {
                    member.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        });
        if (error.RetryAfterMs is { } ms)
        {
            http.Response.Headers.RetryAfter = ((ms + 999) / 1000).ToString(CultureInfo.InvariantCulture);
        }

        await EndpointRunner.WriteTo(http.Response, answer with { Status = error.Code.Status });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void LogFailure(ILogger log, Exception failure, string method, PathString path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} timed out")]
    private static partial void LogTimeout(ILogger log, Exception timeout, string method, PathString path);
}

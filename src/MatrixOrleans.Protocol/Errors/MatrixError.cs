using Orleans;

namespace MatrixOrleans.Protocol.Errors;

/// <summary>A Matrix errcode with the HTTP status that goes with it unless the operation says otherwise.</summary>
/// <param name="Code">The errcode, e.g. <c>M_FORBIDDEN</c>.</param>
/// <param name="Status">HTTP status.</param>
[GenerateSerializer, Immutable, Alias("MatrixError")]
public readonly record struct MatrixError([property: Id(0)] string Code, [property: Id(1)] int Status)
{
    public static readonly MatrixError Forbidden = new("M_FORBIDDEN", 403);
    public static readonly MatrixError UnknownToken = new("M_UNKNOWN_TOKEN", 401);
    public static readonly MatrixError MissingToken = new("M_MISSING_TOKEN", 401);

    /// <summary>A request of a server that is not signed, or not well.</summary>
    public static readonly MatrixError Unauthorized = new("M_UNAUTHORIZED", 401);
    public static readonly MatrixError UserLocked = new("M_USER_LOCKED", 401);
    public static readonly MatrixError UserSuspended = new("M_USER_SUSPENDED", 403);
    public static readonly MatrixError UserDeactivated = new("M_USER_DEACTIVATED", 403);
    public static readonly MatrixError BadJson = new("M_BAD_JSON", 400);
    public static readonly MatrixError NotJson = new("M_NOT_JSON", 400);
    public static readonly MatrixError NotFound = new("M_NOT_FOUND", 404);
    public static readonly MatrixError LimitExceeded = new("M_LIMIT_EXCEEDED", 429);
    public static readonly MatrixError Unrecognized = new("M_UNRECOGNIZED", 404);
    public static readonly MatrixError MethodNotAllowed = new("M_UNRECOGNIZED", 405);
    public static readonly MatrixError Unknown = new("M_UNKNOWN", 500);
    public static readonly MatrixError UserInUse = new("M_USER_IN_USE", 400);
    public static readonly MatrixError InvalidUsername = new("M_INVALID_USERNAME", 400);
    public static readonly MatrixError Exclusive = new("M_EXCLUSIVE", 400);
    public static readonly MatrixError RoomInUse = new("M_ROOM_IN_USE", 400);
    public static readonly MatrixError InvalidRoomState = new("M_INVALID_ROOM_STATE", 400);
    public static readonly MatrixError UnsupportedRoomVersion = new("M_UNSUPPORTED_ROOM_VERSION", 400);
    public static readonly MatrixError IncompatibleRoomVersion = new("M_INCOMPATIBLE_ROOM_VERSION", 400);
    public static readonly MatrixError BadState = new("M_BAD_STATE", 403);
    public static readonly MatrixError BadAlias = new("M_BAD_ALIAS", 400);
    public static readonly MatrixError DuplicateAnnotation = new("M_DUPLICATE_ANNOTATION", 400);
    public static readonly MatrixError MissingParam = new("M_MISSING_PARAM", 400);
    public static readonly MatrixError InvalidParam = new("M_INVALID_PARAM", 400);
    public static readonly MatrixError InvalidSignature = new("M_INVALID_SIGNATURE", 400);

    /// <summary>A key backup that is not the current one takes no keys.</summary>
    public static readonly MatrixError WrongRoomKeysVersion = new("M_WRONG_ROOM_KEYS_VERSION", 403);
    public static readonly MatrixError TooLarge = new("M_TOO_LARGE", 413);
    public static readonly MatrixError GuestAccessForbidden = new("M_GUEST_ACCESS_FORBIDDEN", 403);
    public static readonly MatrixError WeakPassword = new("M_WEAK_PASSWORD", 400);
    public static readonly MatrixError UnableToAuthoriseJoin = new("M_UNABLE_TO_AUTHORISE_JOIN", 400);
    public static readonly MatrixError UnableToGrantJoin = new("M_UNABLE_TO_GRANT_JOIN", 400);
    public static readonly MatrixError CannotLeaveServerNoticeRoom = new("M_CANNOT_LEAVE_SERVER_NOTICE_ROOM", 403);
    /// <summary>A third-party server, such as an identity server, that this server does not trust.</summary>
    public static readonly MatrixError ServerNotTrusted = new("M_SERVER_NOT_TRUSTED", 403);

    /// <summary>The invited user blocks invitations.</summary>
    public static readonly MatrixError InviteBlocked = new("M_INVITE_BLOCKED", 403);
    /// <summary>An application service acts with a device that its user does not have.</summary>
    public static readonly MatrixError UnknownDevice = new("M_UNKNOWN_DEVICE", 400);

    /// <summary>The application service has no address at which it could be asked.</summary>
    public static readonly MatrixError UrlNotSet = new("M_URL_NOT_SET", 400);
    public static readonly MatrixError BadStatus = new("M_BAD_STATUS", 502);
    public static readonly MatrixError ConnectionFailed = new("M_CONNECTION_FAILED", 502);
    public static readonly MatrixError UnknownPos = new("M_UNKNOWN_POS", 400);

    /// <summary>The media's id was made; its content has not come (Client-Server API, "Content repository").</summary>
    public static readonly MatrixError NotYetUploaded = new("M_NOT_YET_UPLOADED", 504);
    public static readonly MatrixError CannotOverwriteMedia = new("M_CANNOT_OVERWRITE_MEDIA", 409);

    /// <summary>The room is being taken up elsewhere; the gateway repeats the request once.</summary>
    public static readonly MatrixError RoomMoved = new("M_UNKNOWN", 504);

    /// <summary>Not every server of the cluster could answer in time; safe to repeat with the same transaction id.</summary>
    public static readonly MatrixError Unavailable = new("M_UNKNOWN", 503);

    public MatrixError WithStatus(int status) => this with { Status = status };

    public override string ToString() => Code;
}

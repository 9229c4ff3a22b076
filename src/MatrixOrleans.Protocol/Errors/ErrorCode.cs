namespace MatrixOrleans.Protocol.Errors;

/// <summary>A Matrix errcode with the HTTP status that goes with it unless the operation says otherwise.</summary>
/// <param name="Code">The errcode, e.g. <c>M_FORBIDDEN</c>.</param>
/// <param name="Status">HTTP status.</param>
public readonly record struct ErrorCode(string Code, int Status)
{
    public static readonly ErrorCode Forbidden = new("M_FORBIDDEN", 403);
    public static readonly ErrorCode UnknownToken = new("M_UNKNOWN_TOKEN", 401);
    public static readonly ErrorCode MissingToken = new("M_MISSING_TOKEN", 401);
    public static readonly ErrorCode UserLocked = new("M_USER_LOCKED", 401);
    public static readonly ErrorCode UserSuspended = new("M_USER_SUSPENDED", 403);
    public static readonly ErrorCode UserDeactivated = new("M_USER_DEACTIVATED", 403);
    public static readonly ErrorCode BadJson = new("M_BAD_JSON", 400);
    public static readonly ErrorCode NotJson = new("M_NOT_JSON", 400);
    public static readonly ErrorCode NotFound = new("M_NOT_FOUND", 404);
    public static readonly ErrorCode LimitExceeded = new("M_LIMIT_EXCEEDED", 429);
    public static readonly ErrorCode Unrecognized = new("M_UNRECOGNIZED", 404);
    public static readonly ErrorCode MethodNotAllowed = new("M_UNRECOGNIZED", 405);
    public static readonly ErrorCode Unknown = new("M_UNKNOWN", 500);
    public static readonly ErrorCode UserInUse = new("M_USER_IN_USE", 400);
    public static readonly ErrorCode InvalidUsername = new("M_INVALID_USERNAME", 400);
    public static readonly ErrorCode Exclusive = new("M_EXCLUSIVE", 400);
    public static readonly ErrorCode RoomInUse = new("M_ROOM_IN_USE", 400);
    public static readonly ErrorCode InvalidRoomState = new("M_INVALID_ROOM_STATE", 400);
    public static readonly ErrorCode UnsupportedRoomVersion = new("M_UNSUPPORTED_ROOM_VERSION", 400);
    public static readonly ErrorCode IncompatibleRoomVersion = new("M_INCOMPATIBLE_ROOM_VERSION", 400);
    public static readonly ErrorCode BadState = new("M_BAD_STATE", 403);
    public static readonly ErrorCode BadAlias = new("M_BAD_ALIAS", 400);
    public static readonly ErrorCode DuplicateAnnotation = new("M_DUPLICATE_ANNOTATION", 400);
    public static readonly ErrorCode MissingParam = new("M_MISSING_PARAM", 400);
    public static readonly ErrorCode InvalidParam = new("M_INVALID_PARAM", 400);
    public static readonly ErrorCode TooLarge = new("M_TOO_LARGE", 413);
    public static readonly ErrorCode GuestAccessForbidden = new("M_GUEST_ACCESS_FORBIDDEN", 403);
    public static readonly ErrorCode WeakPassword = new("M_WEAK_PASSWORD", 400);
    public static readonly ErrorCode UnableToAuthoriseJoin = new("M_UNABLE_TO_AUTHORISE_JOIN", 400);
    public static readonly ErrorCode UnableToGrantJoin = new("M_UNABLE_TO_GRANT_JOIN", 400);
    public static readonly ErrorCode CannotLeaveServerNoticeRoom = new("M_CANNOT_LEAVE_SERVER_NOTICE_ROOM", 403);
    public static readonly ErrorCode UnknownPos = new("M_UNKNOWN_POS", 400);

    /// <summary>Not every server of the cluster could answer in time; safe to repeat with the same transaction id.</summary>
    public static readonly ErrorCode Unavailable = new("M_UNKNOWN", 503);

    public ErrorCode WithStatus(int status) => this with { Status = status };

    public override string ToString() => Code;
}

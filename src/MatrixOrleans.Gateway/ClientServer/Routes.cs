using MatrixOrleans.Gateway.ClientServer.Accounts;
using MatrixOrleans.Gateway.ClientServer.Admin;
using MatrixOrleans.Gateway.ClientServer.Admin.Media;
using MatrixOrleans.Gateway.ClientServer.ApplicationServices;
using MatrixOrleans.Gateway.ClientServer.DehydratedDevices;
using MatrixOrleans.Gateway.ClientServer.Delayed;
using MatrixOrleans.Gateway.ClientServer.Directory;
using MatrixOrleans.Gateway.ClientServer.Discovery;
using MatrixOrleans.Gateway.ClientServer.Encryption;
using MatrixOrleans.Gateway.ClientServer.KeyBackup;
using MatrixOrleans.Gateway.ClientServer.Media;
using MatrixOrleans.Gateway.ClientServer.OldSync;
using MatrixOrleans.Gateway.ClientServer.Presence;
using MatrixOrleans.Gateway.ClientServer.Push;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.ClientServer.Relations;
using MatrixOrleans.Gateway.ClientServer.Rendezvous;
using MatrixOrleans.Gateway.ClientServer.Rooms;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.ClientServer.Users;
using MatrixOrleans.Gateway.ClientServer.Voip;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer;

/// <summary>Every operation that is served, a line each. A test compares the list with the specification's OpenAPI files.</summary>
public static class Routes
{
    public static readonly IReadOnlyList<Endpoint> All =
    [
        .. Discovery,
        .. Reading,
        .. Relations,
        .. OldSync,
        .. Users,
        .. Push,
        .. AppServices,
        .. Rooms,
        .. Directory,
        .. Accounts,
        .. Admin,
        .. Encryption,
        .. Delayed,
        .. Voip,
        .. Rendezvous,
        .. KeyBackup,
        .. DehydratedDevices,
        .. Content,
        .. MediaAdmin,
    ];

    private static IEnumerable<Endpoint> Delayed =>
    [
        SendDelayedEvent.Endpoint,
        GetDelayedEvents.Endpoint,
        GetDelayedEvents.One,
        UpdateDelayedEvent.Endpoint,
        UpdateDelayedEvent.WithBody,
    ];

    private static IEnumerable<Endpoint> Voip =>
    [
        GetTurnServer.Endpoint,
        GetRtcTransports.Endpoint,
    ];

    private static IEnumerable<Endpoint> Rendezvous =>
    [
        EtagRendezvous.Create,
        EtagRendezvous.Get,
        EtagRendezvous.Put,
        EtagRendezvous.Delete,
        TokenRendezvous.Probe,
        TokenRendezvous.Create,
        TokenRendezvous.Get,
        TokenRendezvous.Put,
        TokenRendezvous.Delete,
    ];

    private static IEnumerable<Endpoint> Discovery =>
    [
        GetVersions.Endpoint,
        GetWellknown.Endpoint,
        GetWellknownSupport.Endpoint,
        GetWellknownPolicy.Endpoint,
        GetCapabilities.Endpoint,
        GetRetentionConfiguration.Endpoint,
    ];

    private static IEnumerable<Endpoint> Accounts =>
    [
        GetLoginFlows.Endpoint,
        Login.Endpoint,
        GenerateLoginToken.Endpoint,
        Refresh.Endpoint,
        Logout.Endpoint,
        LogoutAll.Endpoint,
        Register.Endpoint,
        CheckUsernameAvailability.Endpoint,
        RegistrationTokenValidity.Endpoint,
        GetTokenOwner.Endpoint,
        ChangePassword.Endpoint,
        DeactivateAccount.Endpoint,
        GetDevices.Endpoint,
        GetDevice.Endpoint,
        UpdateDevice.Endpoint,
        DeleteDevice.Endpoint,
        DeleteDevices.Endpoint,
        StageFallback.Page,
        StageFallback.Endpoint,
    ];

    private static IEnumerable<Endpoint> Admin =>
    [
        GetAdminLockUser.Endpoint,
        SetAdminLockUser.Endpoint,
        GetAdminSuspendUser.Endpoint,
        SetAdminSuspendUser.Endpoint,
        GetWhoIs.Endpoint,
        AdminRegister.Nonce,
        AdminRegister.Endpoint,
    ];

    private static IEnumerable<Endpoint> Encryption =>
    [
        SendToDevice.Endpoint,
        UploadKeys.Endpoint,
        QueryKeys.Endpoint,
        ClaimKeys.Endpoint,
        GetKeysChanges.Endpoint,
        UploadCrossSigningKeys.Endpoint,
        UploadCrossSigningSignatures.Endpoint,
    ];

    private static IEnumerable<Endpoint> KeyBackup =>
    [
        PostRoomKeysVersion.Endpoint,
        GetRoomKeysVersionCurrent.Endpoint,
        GetRoomKeysVersion.Endpoint,
        PutRoomKeysVersion.Endpoint,
        DeleteRoomKeysVersion.Endpoint,
        PutRoomKeys.Endpoint,
        GetRoomKeys.Endpoint,
        DeleteRoomKeys.Endpoint,
        PutRoomKeysByRoomId.Endpoint,
        GetRoomKeysByRoomId.Endpoint,
        DeleteRoomKeysByRoomId.Endpoint,
        PutRoomKeyBySessionId.Endpoint,
        GetRoomKeyBySessionId.Endpoint,
        DeleteRoomKeyBySessionId.Endpoint,
    ];

    private static IEnumerable<Endpoint> DehydratedDevices =>
    [
        PutDehydratedDevice.Endpoint,
        GetDehydratedDevice.Endpoint,
        DeleteDehydratedDevice.Endpoint,
        GetDehydratedDeviceEvents.Endpoint,
        PostDehydratedDeviceEvents.Endpoint,
    ];

    private static IEnumerable<Endpoint> Reading =>
    [
        GetRoomEvents.Endpoint,
        GetEventContext.Endpoint,
        GetOneRoomEvent.Endpoint,
        GetRoomState.Endpoint,
        GetRoomStateWithKey.Endpoint,
        GetMembersByRoom.Endpoint,
        GetJoinedMembersByRoom.Endpoint,
        GetEventByTimestamp.Endpoint,
        Search.Endpoint,
    ];

    private static IEnumerable<Endpoint> Relations =>
    [
        GetRelatingEvents.Endpoint,
        GetRelatingEventsWithRelType.Endpoint,
        GetRelatingEventsWithRelTypeAndEventType.Endpoint,
        GetThreadRoots.Endpoint,
    ];

    private static IEnumerable<Endpoint> OldSync =>
    [
        GetEvents.Endpoint,
        GetOneEvent.Endpoint,
        InitialSync.Endpoint,
        RoomInitialSync.Endpoint,
    ];

    private static IEnumerable<Endpoint> Users =>
    [
        SetAccountData.Endpoint,
        GetAccountData.Endpoint,
        SetAccountDataPerRoom.Endpoint,
        GetAccountDataPerRoom.Endpoint,
        DeleteAccountData.Endpoint,
        DeleteAccountData.OfRoom,
        GetRoomTags.Endpoint,
        SetRoomTag.Endpoint,
        DeleteRoomTag.Endpoint,
        DefineFilter.Endpoint,
        GetFilter.Endpoint,
        GetUserProfile.Endpoint,
        GetProfileField.Endpoint,
        SetProfileField.Endpoint,
        DeleteProfileField.Endpoint,
        PostReceipt.Endpoint,
        SetReadMarker.Endpoint,
        SetTyping.Endpoint,
        GetPresence.Endpoint,
        SetPresence.Endpoint,
        RequestOpenIdToken.Endpoint,
        Sync.Sync.Endpoint,
        Sync.SlidingSync.Simplified,
        Sync.SlidingSync.Stable,
        Threads.ThreadSubscription.Get,
        Threads.ThreadSubscription.Put,
        Threads.ThreadSubscription.Delete,
        Threads.GetThreadSubscriptions.Endpoint,
    ];

    private static IEnumerable<Endpoint> AppServices =>
    [
        PingAppservice.Endpoint,
        UpdateAppserviceRoomDirectoryVisibility.Endpoint,
        GetProtocols.Endpoint,
        GetProtocolMetadata.Endpoint,
        QueryLocationByProtocol.Endpoint,
        QueryUserByProtocol.Endpoint,
        QueryLocationByAlias.Endpoint,
        QueryUserByID.Endpoint,
    ];

    private static IEnumerable<Endpoint> Push =>
    [
        GetPushRules.Endpoint,
        GetPushRulesGlobal.Endpoint,
        GetPushRule.Endpoint,
        SetPushRule.Endpoint,
        DeletePushRule.Endpoint,
        IsPushRuleEnabled.Endpoint,
        SetPushRuleEnabled.Endpoint,
        GetPushRuleActions.Endpoint,
        SetPushRuleActions.Endpoint,
        GetPushers.Endpoint,
        PostPusher.Endpoint,
        GetNotifications.Endpoint,
    ];

    private static IEnumerable<Endpoint> Rooms =>
    [
        CreateRoom.Endpoint,
        JoinRoom.Endpoint,
        JoinRoomById.Endpoint,
        KnockRoom.Endpoint,
        LeaveRoom.Endpoint,
        ForgetRoom.Endpoint,
        InviteUser.Endpoint,
        Kick.Endpoint,
        Ban.Endpoint,
        Unban.Endpoint,
        GetJoinedRooms.Endpoint,
        SendMessage.Endpoint,
        SetRoomStateWithKey.Endpoint,
        RedactEvent.Endpoint,
        UpgradeRoom.Endpoint,
    ];

    private static IEnumerable<Endpoint> Directory =>
    [
        SetRoomAlias.Endpoint,
        GetRoomIdByAlias.Endpoint,
        DeleteRoomAlias.Endpoint,
        GetLocalAliases.Endpoint,
        SetRoomVisibilityOnDirectory.Endpoint,
        GetRoomVisibilityOnDirectory.Endpoint,
        GetPublicRooms.Endpoint,
        QueryPublicRooms.Endpoint,
        GetRoomSummary.Endpoint,
        GetSpaceHierarchy.Endpoint,
        SearchUserDirectory.Endpoint,
        GetMutualRooms.Endpoint,
        GetMutualRooms.Unstable,
        ReportEvent.Endpoint,
        ReportRoom.Endpoint,
        ReportUser.Endpoint,
    ];

    private static IEnumerable<Endpoint> Content =>
    [
        UploadContent.Endpoint,
        CreateContent.Endpoint,
        UploadContentToMXC.Endpoint,
        GetContentAuthed.Endpoint,
        GetContentOverrideNameAuthed.Endpoint,
        GetContentThumbnailAuthed.Endpoint,
        GetConfigAuthed.Endpoint,
        GetUrlPreviewAuthed.Endpoint,
        GetContent.Endpoint,
        GetContentOverrideName.Endpoint,
        GetContentThumbnail.Endpoint,
        GetConfig.Endpoint,
        GetUrlPreview.Endpoint,
    ];

    private static IEnumerable<Endpoint> MediaAdmin =>
    [
        GetUserMedia.Endpoint,
        DeleteUserMedia.Endpoint,
        DeleteMedia.Endpoint,
        QuarantineMedia.Endpoint,
        UnquarantineMedia.Endpoint,
        QuarantineUserMedia.Endpoint,
        ProtectMedia.Endpoint,
        UnprotectMedia.Endpoint,
        PurgeMediaCache.Endpoint,
    ];
}

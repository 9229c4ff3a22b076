using System.Security.Cryptography;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.ApplicationServices;
using MatrixOrleans.Storage.Consumers;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Federation;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Media;
using MatrixOrleans.Storage.Push;
using MatrixOrleans.Storage.Rooms;
using MatrixOrleans.Storage.Sql;
using MatrixOrleans.Storage.State;
using MatrixOrleans.Storage.Users;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Storage;

/// <summary>
/// The database: open, <see cref="MigrateAsync"/>, <see cref="StartWriterAsync"/>, then use. Reads may run in any number; writes go through
/// <see cref="Writer"/>.
/// </summary>
public sealed partial class Database : IAsyncDisposable
{
    private readonly DatabaseOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly SqlSource _source;
    private LogWriter? _writer;

    private Database(DatabaseOptions options, TimeProvider time, ILoggerFactory loggers, SqlSource source) =>
        (_options, _time, _loggers, _source) = (options, time, loggers, source);

    /// <exception cref="InvalidOperationException">Not started yet.</exception>
    public LogWriter Writer => _writer ?? throw new InvalidOperationException("StartWriterAsync comes first");

    /// <summary>How often something was read from the database, by any store.</summary>
    public long Reads => _source.Reads;

    public LogStore Log { get; private set; } = null!;

    public NumberAllocator Numbers { get; private set; } = null!;

    public RoomStore Rooms { get; private set; } = null!;

    /// <summary>What other servers sent and what waits for more.</summary>
    public StagedPduStore StagedPdus { get; private set; } = null!;

    public StateStore States { get; private set; } = null!;

    public MembershipStore Memberships { get; private set; } = null!;

    public AccountStore Accounts { get; private set; } = null!;

    public DeviceStore Devices { get; private set; } = null!;

    public TokenStore Tokens { get; private set; } = null!;

    public RegistrationTokenStore RegistrationTokens { get; private set; } = null!;

    public KeyStore Keys { get; private set; } = null!;

    public TenantStore Tenants { get; private set; } = null!;

    public DeviceKeyStore DeviceKeys { get; private set; } = null!;

    public OneTimeKeyStore OneTimeKeys { get; private set; } = null!;

    public CrossSigningStore CrossSigning { get; private set; } = null!;

    public KeyBackupStore KeyBackups { get; private set; } = null!;

    public DehydratedDeviceStore DehydratedDevices { get; private set; } = null!;

    public LogDebtStore LogDebts { get; private set; } = null!;

    public AccountDataStore AccountData { get; private set; } = null!;

    public ReceiptStore Receipts { get; private set; } = null!;

    public FilterStore Filters { get; private set; } = null!;

    public ProfileStore Profiles { get; private set; } = null!;

    public ProfilePropagationStore ProfilePropagations { get; private set; } = null!;

    public PresenceStore Presence { get; private set; } = null!;

    public DelayedEventStore DelayedEvents { get; private set; } = null!;

    public ToDeviceStore ToDevice { get; private set; } = null!;

    public DeviceListStore DeviceLists { get; private set; } = null!;

    public UnreadStore Unread { get; private set; } = null!;

    public ThreadSubscriptionStore ThreadSubscriptions { get; private set; } = null!;

    public AliasStore Aliases { get; private set; } = null!;

    public DirectoryStore Directory { get; private set; } = null!;

    public MediaStore Media { get; private set; } = null!;

    public MediaUpkeepStore MediaUpkeep { get; private set; } = null!;

    public BlobStore Blobs { get; private set; } = null!;

    public UrlPreviewStore UrlPreviews { get; private set; } = null!;

    public ServerKeyStore ServerKeys { get; private set; } = null!;

    public ReceivedStore Received { get; private set; } = null!;

    public RemoteDeviceStore RemoteDevices { get; private set; } = null!;

    public OpenIdStore OpenIds { get; private set; } = null!;

    public OutgoingStore Outgoing { get; private set; } = null!;

    public ReportStore Reports { get; private set; } = null!;

    public SearchStore Search { get; private set; } = null!;

    public UserDirectoryStore UserDirectory { get; private set; } = null!;

    public ConsumerStore Consumers { get; private set; } = null!;

    public PusherStore Pushers { get; private set; } = null!;

    public ApplicationServiceStore ApplicationServices { get; private set; } = null!;

    internal SqlSource Source => _source;

    /// <exception cref="InvalidOperationException">The schema is newer than this program.</exception>
    /// <exception cref="ArgumentException">The provider is unknown.</exception>
    public static async Task<Database> OpenAsync(DatabaseOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancel)
    {
        SqlSource source = options.Provider switch
        {
            DatabaseOptions.Sqlite => new SqliteSource(options),
            DatabaseOptions.Postgres => new PostgresSource(options),
            _ => throw new ArgumentException($"The database provider is '{DatabaseOptions.Sqlite}' or '{DatabaseOptions.Postgres}', not '{options.Provider}'"),
        };
        var database = new Database(options, time, loggers, source);
        try
        {
            Migrator.Refuse(await database.InMigration(async session => await Migrator.Current(session).ConfigureAwait(false), cancel).ConfigureAwait(false));
            return database;
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Brings the schema up to date, under a lock: processes that start together do it once.</summary>
    public async Task MigrateAsync(CancellationToken cancel) =>
        await InMigration(
            async session =>
            {
                await Migrator.Apply(session, Now()).ConfigureAwait(false);
                await session.Execute(
                    "insert into database_info (name, value) values ('secret', @secret) on conflict do nothing",
                    ("secret", RandomNumberGenerator.GetBytes(32))).ConfigureAwait(false);
                return 0;
            },
            cancel).ConfigureAwait(false);

    /// <summary>Starts the writer and makes the stores usable.</summary>
    public async Task StartWriterAsync(CancellationToken cancel)
    {
        var secret = await _source.First("select value from database_info where name = 'secret'", static reader => reader.Bytes(0)).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The database is not migrated");
        States = new StateStore(_source, secret, _options.CacheBytesMax);
        IAppender appender = _source is SqliteSource sqlite
            ? new SqliteAppender(await OpenSqlite(sqlite).ConfigureAwait(false), new SqliteCheckpoints(sqlite), States)
            : await PostgresAppender.Open((PostgresSource)_source, States, _options, _loggers.CreateLogger<LogWriter>(), cancel).ConfigureAwait(false);
        Log = new LogStore(_source);
        _writer = new LogWriter(appender, _options, await Log.MaxPosition().ConfigureAwait(false), _loggers.CreateLogger<LogWriter>());
        Numbers = new NumberAllocator(_writer);
        await Numbers.EnsureAsync(1).ConfigureAwait(false);
        Rooms = new RoomStore(_source, _writer, States);
        StagedPdus = new StagedPduStore(_source, _writer);
        Memberships = new MembershipStore(_source);
        Accounts = new AccountStore(_source, _writer);
        Devices = new DeviceStore(_source, _writer);
        Tokens = new TokenStore(_source, _writer);
        RegistrationTokens = new RegistrationTokenStore(_source, _writer);
        Keys = new KeyStore(_source, _writer);
        Tenants = new TenantStore(_source, _writer);
        DeviceKeys = new DeviceKeyStore(_source);
        OneTimeKeys = new OneTimeKeyStore(_source, _writer);
        CrossSigning = new CrossSigningStore(_source);
        KeyBackups = new KeyBackupStore(_source, _writer);
        DehydratedDevices = new DehydratedDeviceStore(_source);
        LogDebts = new LogDebtStore(_source, _writer);
        AccountData = new AccountDataStore(_source);
        Receipts = new ReceiptStore(_source, _writer);
        Filters = new FilterStore(_source, _writer);
        Profiles = new ProfileStore(_source);
        ProfilePropagations = new ProfilePropagationStore(_source, _writer);
        Presence = new PresenceStore(_source, _writer);
        DelayedEvents = new DelayedEventStore(_source, _writer);
        ToDevice = new ToDeviceStore(_source, _writer);
        DeviceLists = new DeviceListStore(_source);
        Unread = new UnreadStore(_source, _writer);
        ThreadSubscriptions = new ThreadSubscriptionStore(_source);
        Aliases = new AliasStore(_source, _writer);
        Directory = new DirectoryStore(_source, _writer);
        Media = new MediaStore(_source, _writer);
        MediaUpkeep = new MediaUpkeepStore(_source, _writer);
        Blobs = new BlobStore(_source, _writer);
        UrlPreviews = new UrlPreviewStore(_source, _writer);
        ServerKeys = new ServerKeyStore(_source, _writer);
        Received = new ReceivedStore(_source, _writer);
        RemoteDevices = new RemoteDeviceStore(_source, _writer);
        OpenIds = new OpenIdStore(_source, _writer);
        Outgoing = new OutgoingStore(_source, _writer);
        Reports = new ReportStore(_source, _writer);
        Search = new SearchStore(_source);
        UserDirectory = new UserDirectoryStore(_source);
        Consumers = new ConsumerStore(_source, _writer);
        Pushers = new PusherStore(_source, _writer);
        ApplicationServices = new ApplicationServiceStore(_source, _writer);
    }

    /// <summary>Writes what is queued and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync().ConfigureAwait(false);
            await MarkClean().ConfigureAwait(false);
        }

        await _source.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends as a crash would: nothing that is queued gets written.</summary>
    internal async Task CrashAsync()
    {
        await Writer.Abandon().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Without a flush at every commit an unclean end may have lost acknowledged rows.</summary>
    private async ValueTask<SqliteSession> OpenSqlite(SqliteSource source)
    {
        var session = source.OpenWriter();
        var clean = await session.Number("select count(*) from database_info where name = 'unclean'").ConfigureAwait(false) == 0;
        if (!clean)
        {
            await PositionJump.Write(session).ConfigureAwait(false);
        }

        if (!_options.SynchronousFull)
        {
            await session.Execute("insert into database_info (name, value) values ('unclean', x'01') on conflict do nothing").ConfigureAwait(false);
        }

        return session;
    }

    private async ValueTask MarkClean()
    {
        if (_source is SqliteSource source && !_options.SynchronousFull)
        {
            using var session = source.OpenWriter();
            await session.Execute("delete from database_info where name = 'unclean'").ConfigureAwait(false);
        }
    }

    private async ValueTask<T> InMigration<T>(Func<SqlSession, ValueTask<T>> work, CancellationToken cancel)
    {
        if (_source is SqliteSource sqlite)
        {
            using var session = sqlite.OpenWriter();
            session.Run("begin immediate");
            var result = await work(session).ConfigureAwait(false);
            session.Run("commit");
            return result;
        }

        return await PostgresWrites.InMigration((PostgresSource)_source, work, cancel).ConfigureAwait(false);
    }
}

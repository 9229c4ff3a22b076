using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MatrixOrleans.Conformance.Client;

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>
/// Servers of their own, each a process with a database, that know each other by nothing but their names, over TLS on the loopback interface with
/// certificates of one authority.
/// </summary>
public sealed class FederatedServers : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("matrix-federation-").FullName;
    private readonly List<Member> _members = [];

    /// <summary>One of the servers.</summary>
    /// <param name="Name">Its server name: address and port of its listener for other servers.</param>
    public sealed record Member(string Name, ServerProcess Process, TestScope Scope)
    {
        /// <summary>A new user.</summary>
        public Task<TestClient> User(string name) => Scope.User(name);
    }

    /// <summary>The first server.</summary>
    public Member One => _members[0];

    /// <summary>The second.</summary>
    public Member Two => _members[1];

    /// <summary>The third.</summary>
    public Member Three => _members[2];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        WriteCertificates();
        for (int i = 0; i < 3; i++)
        {
            string name = $"127.0.0.1:{ServerProcess.FreePort()}";
            ServerProcess process = await ServerProcess.StartAsync(new ServerOptions
            {
                ServerNames = [name],
                AlsoListen = $"https://{name}",
                More =
                [
                    "--tls-certificate", Path.Combine(_folder, "server.pem"),
                    "--tls-key", Path.Combine(_folder, "server.key"),
                    "--federation-ca", Path.Combine(_folder, "authority.pem"),
                    "--outbound-private-addresses", "true",
                ],
            });
            _members.Add(new Member(name, process, new TestScope(process.BaseAddress, name)));
        }
    }

    /// <summary>Every exchange fitted the specification's OpenAPI files.</summary>
    public void AssertNoViolations()
    {
        foreach (Member member in _members)
        {
            Assert.True(member.Scope.Violations.Count == 0, "Against the specification's OpenAPI files:\n" + string.Join('\n', member.Scope.Violations.Distinct()));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Member member in _members)
        {
            await member.Process.DisposeAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private void WriteCertificates()
    {
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1);
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest authorityRequest = new("CN=Test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using X509Certificate2 authority = authorityRequest.CreateSelfSigned(from, from.AddDays(10));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 server = request.Create(authority, from, from.AddDays(9), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(_folder, "authority.pem"), authority.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "server.pem"), server.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
    }
}

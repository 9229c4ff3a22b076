using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>A certificate authority that only this test run knows.</summary>
public static class TestAuthority
{
    private static readonly X509Certificate2 Root = Make();

    /// <summary>A PEM file with the authority's certificate, for <c>--federation-ca</c>.</summary>
    public static string File { get; } = Write();

    /// <summary>A certificate with its key for servers on the loopback address.</summary>
    public static X509Certificate2 Issue()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using X509Certificate2 certificate = request.Create(Root, Root.NotBefore, Root.NotAfter, RandomNumberGenerator.GetBytes(12));
        using X509Certificate2 whole = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }

    private static X509Certificate2 Make()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=Authority of the tests", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static string Write()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("authority-").FullName, "ca.pem");
        System.IO.File.WriteAllText(file, Root.ExportCertificatePem());
        return file;
    }
}

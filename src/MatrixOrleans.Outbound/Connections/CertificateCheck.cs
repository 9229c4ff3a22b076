using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MatrixOrleans.Outbound.Connections;

/// <summary>Judges the certificates of other servers: the system's authorities, then those that the configuration adds. The name must fit in any case.</summary>
internal sealed class CertificateCheck(OutboundOptions options)
{
    public bool IsGood(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null)
        {
            return false;
        }

        var authorities = new X509Certificate2Collection(options.Authorities);
        if (options.AuthoritiesByHost.TryGetValue((sender as SslStream)?.TargetHostName ?? "", out var own))
        {
            authorities.AddRange(own);
        }

        return authorities.Count > 0 && IsGood(certificate, chain, authorities);
    }

    private static bool IsGood(X509Certificate certificate, X509Chain? received, X509Certificate2Collection authorities)
    {
        using var leaf = new X509Certificate2(certificate);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        foreach (var element in received?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(leaf);
    }
}

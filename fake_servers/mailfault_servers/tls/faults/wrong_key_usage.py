from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class WrongKeyUsage(CertificateFault):
    """Present a certificate whose key may sign documents, and no handshakes (RFC 5280 4.2.1.3).

    Its key usage has contentCommitment alone, where TLS needs digitalSignature (RFC 8446 4.4.2.2). OpenSSL refuses it;
    Go never looks.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, key_usage="documents")

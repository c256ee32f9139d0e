from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class WeakKey(CertificateFault):
    """Present a certificate with an RSA key of 1024 bits (RFC 9325 4.5).

    Well signed, in date and for the right host. Such keys have been forbidden to authorities since 2014, for they can
    be broken. Which keys are too weak is each client's own rule: 2048 bits at OpenSSL's security level 2, 1024 at
    level 1 and in Go.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, key="rsa-1024")

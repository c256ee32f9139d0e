from dataclasses import replace
from typing import Literal

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class UnusualKey(CertificateFault):
    """Present a certificate whose key is of a kind that mail hosts seldom have.

    It is good. Honest hosts here have ECDSA keys on P-256; RSA with 2048 bits is what is found most.
    """

    kind: Literal["p-384", "p-521", "ed25519", "rsa-2048"] = "ed25519"
    """The kind of key (RFC 8422, RFC 8032, RFC 8017)."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, key=self.kind)

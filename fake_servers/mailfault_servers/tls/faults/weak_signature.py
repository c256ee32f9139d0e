from dataclasses import replace
from typing import Literal

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateFault, CertificateSpec, CertificateWanted


@fault
class WeakSignature(CertificateFault):
    """Present a certificate whose signature is made with a hash function that is broken (RFC 8446 4.4.2.4).

    Two different certificates can be made that have the same MD5, or the same SHA-1: who gets one signed has the
    signature of the other too. A client must refuse MD5 and should refuse SHA-1. The authority has an RSA key.
    """

    hash: Literal["sha-1", "md5"] = "sha-1"
    """The hash function."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, authorities=(AuthoritySpec(key="rsa-2048"),), signature=self.hash)

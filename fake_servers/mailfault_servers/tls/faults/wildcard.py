from dataclasses import replace
from typing import Literal

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class Wildcard(CertificateFault):
    """Present a certificate for a wildcard name (RFC 6125 6.4.3, RFC 9525 6.3).

    A `*` stands for one whole label, and for the leftmost alone: `*.dest.example` is for mx1.dest.example, and neither
    `*.example` nor `mx*.dest.example` is. Everything else about the certificate is right.
    """

    instead_of: Literal["label", "labels", "part-of-label"] = "label"
    """The part that the `*` replaces: the host's own label (the certificate is good), two labels, or the end of one."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        own, _, domain = wanted.host.partition(".")
        name = {
            "label": f"*.{domain}",
            "labels": f"*.{domain.partition('.')[2]}",
            "part-of-label": f"{own[:-1]}*.{domain}",
        }[self.instead_of]
        return replace(spec, names=(name,))

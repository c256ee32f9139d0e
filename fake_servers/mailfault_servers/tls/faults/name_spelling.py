from dataclasses import replace
from typing import Literal

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class NameSpelling(CertificateFault):
    """Present a certificate whose name is the host's, spelled in an unusual way.

    Capitals do not matter (RFC 5280 7.2). The dot at the end, which DNS writes after a full name, has no place in a
    certificate (RFC 5280 4.2.1.6, RFC 1034 3.5): most clients then find another name, and some take the dot off.
    """

    how: Literal["capitals", "final-dot"] = "capitals"
    """The unusual spelling."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        name = wanted.host.upper() if self.how == "capitals" else f"{wanted.host}."
        return replace(spec, names=(name,))

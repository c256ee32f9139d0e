from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateFault, CertificateSpec, CertificateWanted


@fault
class IssuerNoAuthority(CertificateFault):
    """Present a certificate that was signed with the certificate of another host (RFC 5280 4.2.1.9).

    All signatures are good and the way leads to the root. But who signed is no authority: its basic constraints say
    so. A client that does not look takes anybody who has any certificate for an authority (CVE-2002-0862).
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, authorities=(AuthoritySpec(is_authority=False),))

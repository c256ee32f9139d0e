from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class MissingIntermediate(CertificateFault):
    """Present the certificate without the intermediate that signed it (RFC 8446 4.4.2).

    The commonest mistake in setting up TLS. Browsers fetch or remember the missing link, so the page looks well; a mail
    client knows only the root, cannot build the chain and must not go on.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, send_intermediate=False)

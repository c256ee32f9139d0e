from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class CommonNameOnly(CertificateFault):
    """Present a certificate that has its name in the subject alone, as was usual before 2000 (RFC 6125 6.4.4).

    There is no subject alternative name. RFC 6125 lets a client fall back on the common name, RFC 9525 no longer does.
    Go, browsers and careful clients refuse it; OpenSSL accepts it unless told otherwise.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, names=(), common_name=wanted.host)

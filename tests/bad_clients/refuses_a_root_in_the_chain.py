"""Takes a root that is sent along for a self-signed certificate."""

from collections.abc import Sequence

from cryptography import x509

from tests.support.variants import VerifiesByItself, wrong

CAUGHT = {
    "tls/certificate-root-included": "misclassified",
}


class Wrong(VerifiesByItself):
    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        if any(certificate.issuer == certificate.subject for certificate in chain):
            return ("self-signed certificate in chain",)
        return super().objections(chain, host)


deliver = wrong(Wrong)

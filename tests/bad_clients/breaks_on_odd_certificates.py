"""Reads the plainest certificates alone, and calls all others a failed handshake, as if there had been none."""

import itertools
import ssl
from collections.abc import Sequence

from cryptography import x509

from tests.support.variants import VerifiesByItself, wrong

CAUGHT = {
    "tls/certificate-shuffled-chain[route=mx]": "misclassified",
    "tls/certificate-twice": "misclassified",
    "tls/certificate-extra": "misclassified",
    "tls/certificate-long-chain": "misclassified",
    "tls/certificate-must-staple": "misclassified",
}


class Wrong(VerifiesByItself):
    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        in_order = all(certificate.issuer == above.subject for certificate, above in itertools.pairwise(chain))
        plain = not any(isinstance(extension.value, x509.TLSFeature) for extension in chain[0].extensions)
        if not in_order or not plain or len(chain) > 4:
            raise ssl.SSLError(1, "handshake failed")
        return super().objections(chain, host)


deliver = wrong(Wrong)

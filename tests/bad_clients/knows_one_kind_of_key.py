"""Speaks TLS with keys on the curve P-256 alone."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.variants import VerifiesByItself, wrong

CAUGHT = {
    "tls/certificate-rsa": "misclassified",
}
BECAUSE = {
    "tls/certificate-rsa": "the client did not deliver, and it could have",
}


class Wrong(VerifiesByItself):
    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        if not isinstance(chain[0].public_key(), ec.EllipticCurvePublicKey):
            return ("odd key",)
        return super().objections(chain, host)


deliver = wrong(Wrong)

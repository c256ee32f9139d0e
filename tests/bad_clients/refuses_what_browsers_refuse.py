"""Has the rules of browsers: no certificate for more than 398 days, no key on an odd curve."""

from collections.abc import Sequence
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.variants import VerifiesByItself, wrong

CAUGHT = {
    "tls/certificate-ten-years": "misclassified",
    "tls/certificate-ed25519": "misclassified",
    "tls/certificate-p-521": "misclassified",
}


class Wrong(VerifiesByItself):
    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        key = chain[0].public_key()
        if chain[0].not_valid_after_utc - chain[0].not_valid_before_utc > timedelta(days=398):
            return ("valid for too long",)
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.key_size > 384:
            return ("odd key",)
        return super().objections(chain, host)


deliver = wrong(Wrong)

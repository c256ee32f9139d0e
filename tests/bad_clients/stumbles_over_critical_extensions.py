"""Refuses every certificate with a critical extension among its issuers' that it does not know, name constraints too."""

from collections.abc import Sequence

from cryptography import x509

from tests.support.variants import VerifiesByItself, wrong

CAUGHT = {
    "tls/certificate-name-permitted": "misclassified",
}


class Wrong(VerifiesByItself):
    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        known = (x509.BasicConstraints, x509.KeyUsage)
        for issuer in chain[1:]:
            if any(extension.critical and not isinstance(extension.value, known) for extension in issuer.extensions):
                return ("unknown critical extension",)
        return super().objections(chain, host)


deliver = wrong(Wrong)

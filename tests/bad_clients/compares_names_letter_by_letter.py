"""Wants the host's own name first in the certificate, letter by letter: no wildcard, no capitals, no others."""

from collections.abc import Sequence

from cryptography import x509

from tests.support.variants import VerifiesByItself, wrong

CAUGHT = {
    "tls/certificate-wildcard[route=mx]": "misclassified",
    "tls/certificate-wildcard-for-an-a-label": "misclassified",
    "tls/certificate-name-in-capitals": "misclassified",
    "tls/certificate-many-names": "misclassified",
}


class Wrong(VerifiesByItself):
    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if names.get_values_for_type(x509.DNSName)[0] != host:
            return ("wrong name",)
        return super().objections(chain, host)


deliver = wrong(Wrong)

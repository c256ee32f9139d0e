"""Takes the certificate of any host of the recipients' domain, and of the domain itself."""

from collections.abc import Sequence

from cryptography import x509

from tests.support.variants import VerifiesByItself, wrong

CAUGHT = {
    "tls/certificate-domain-name[route=mx]": "unsafe",
    "tls/certificate-neighbours-name[route=smart-host]": "unsafe",
}


class Wrong(VerifiesByItself):
    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        found = super().objections(chain, host)
        return tuple(problem for problem in found if problem != "wrong name") if self.fits(chain[0], host) else found

    def fits(self, leaf: x509.Certificate, host: str) -> bool:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return any(f".{name}".endswith(".dest.example") for name in names.get_values_for_type(x509.DNSName))


deliver = wrong(Wrong)

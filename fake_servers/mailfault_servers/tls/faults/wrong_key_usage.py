from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class WrongKeyUsage(Fault):
    """Present a certificate whose key may sign documents, and no handshakes (RFC 5280 4.2.1.3).

    Its key usage has contentCommitment alone, where TLS needs digitalSignature (RFC 8446 4.4.2.2). OpenSSL refuses it;
    Go never looks.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, key_usage="documents")) if isinstance(one, Present) else one for one in honest
        ]

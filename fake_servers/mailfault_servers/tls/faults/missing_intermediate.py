from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class MissingIntermediate(Fault):
    """Present the certificate without the intermediate that signed it (RFC 8446 4.4.2).

    The commonest mistake in setting up TLS. Browsers fetch or remember the missing link, so the page looks well; a mail
    client knows only the root, cannot build the chain and must not go on.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, send_intermediate=False)) if isinstance(one, Present) else one for one in honest
        ]

from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateWanted, Present


@fault
class ShuffledChain(Fault):
    """Present two intermediates in the wrong order (RFC 8446 4.4.2).

    The one next to the root comes before the one next to the host. TLS 1.2 forbids that; TLS 1.3 asks clients to be
    prepared for it, since many servers are set up so.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, authorities=(AuthoritySpec(), AuthoritySpec()), sent="out of order"))
            if isinstance(one, Present)
            else one
            for one in honest
        ]

from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.settings import Offer, TermsWanted


@fault
class NoSharedCipher(Fault):
    """Know TLS 1.2 and one cipher suite only, one that clients of today leave out of their offer.

    A server hardened, or left behind, until nobody can talk to it. It says handshake_failure (RFC 5246 7.2.2), shows no
    certificate, and the client cannot have TLS with it.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, TermsWanted):
            return honest
        return [
            Offer(replace(one.terms, newest="1.2", ciphers="ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"))
            if isinstance(one, Offer)
            else one
            for one in honest
        ]

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateWanted, Present


@fault
class LongChain(Fault):
    """Present a chain of many authorities (RFC 5280 6.1).

    Every signature, date and path length is right; there are just many of them. No RFC sets a limit, and each client
    has one: 9 in Postfix, 16 in GnuTLS, 100 in OpenSSL and in Go.
    """

    authorities: Annotated[int, Field(ge=1, le=120)] = 10
    """How many there are between root and host."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, authorities=(AuthoritySpec(),) * self.authorities))
            if isinstance(one, Present)
            else one
            for one in honest
        ]

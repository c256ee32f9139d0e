from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateWanted, Present


@fault
class NameConstraints(Fault):
    """Present a certificate from an authority that may not name this host (RFC 5280 4.2.1.10).

    The intermediate is limited to the domains of one organisation, and signed for the host of another all the same.
    The limit stands in a critical extension: who does not heed it trusts every company that was given such an
    intermediate.
    """

    permitted: Annotated[tuple[str, ...], Field(min_length=1)] = ("other.example",)
    """The domains within which the intermediate may name hosts."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        limited = AuthoritySpec(permitted=self.permitted)
        return [
            Present(replace(one.spec, authorities=(limited,))) if isinstance(one, Present) else one for one in honest
        ]

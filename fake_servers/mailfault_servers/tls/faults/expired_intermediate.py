from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, Seconds, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateWanted, Present


@fault
class ExpiredIntermediate(Fault):
    """Present a good certificate whose issuer's own has expired (RFC 5280 6.1.3).

    The host's certificate was renewed and the intermediate's was not. Each link of the chain has to be in force, not
    only the last.
    """

    by: Seconds = 86400.0
    """How long ago the intermediate expired, at the least: it ended on a whole minute."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        ended = event.now.replace(second=0, microsecond=0) - timedelta(seconds=self.by)
        expired = AuthoritySpec(not_before=ended - timedelta(days=365), not_after=ended)
        return [
            Present(replace(one.spec, authorities=(expired,))) if isinstance(one, Present) else one for one in honest
        ]

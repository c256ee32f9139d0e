from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, Seconds, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateWanted, Present


@fault
class IntermediateNotYetValid(Fault):
    """Present a good certificate whose issuer's own is not in force yet (RFC 5280 6.1.3).

    The authority has begun to sign with a new intermediate too early, or a clock is wrong.
    """

    by: Seconds = 86400.0
    """How long from now it comes into force, at the least: it begins on a whole minute."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        begins = event.now.replace(second=0, microsecond=0) + timedelta(seconds=self.by + 60)
        early = AuthoritySpec(not_before=begins, not_after=begins + timedelta(days=365))
        return [Present(replace(one.spec, authorities=(early,))) if isinstance(one, Present) else one for one in honest]

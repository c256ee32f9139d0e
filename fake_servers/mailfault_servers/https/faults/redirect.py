from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.https.event import WELL_KNOWN, Requested, Respond

_ELSEWHERE = "/moved/mta-sts.txt"


@fault
class Redirect(Fault):
    """Answer the request for the policy with a redirect (302) to another place, where a policy lies.

    RFC 8461 3.3 forbids to follow it: an attacker who can make the policy host redirect could put another policy in
    force. A right client takes it for a policy that cannot be fetched. The policy in the other place is the honest one.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Requested):
            return honest
        if event.path == WELL_KNOWN:
            return (Respond(status=302, location=_ELSEWHERE),)
        return (Respond(body=event.policy),) if event.path == _ELSEWHERE else honest

from collections.abc import Sequence

from mailfault_servers.action import Action, Wait
from mailfault_servers.fault import Seconds, fault
from mailfault_servers.https.event import PolicyFault, Respond


@fault
class Late(PolicyFault):
    """Answer the request for the policy, but only after a while.

    Within the client's limit the policy counts; past it there is none, and the mail must not wait for it (RFC 8461 3.3
    proposes one minute).
    """

    by: Seconds
    """Time before the answer."""

    def answer(self, honest: Respond) -> Sequence[Action]:
        return (Wait(self.by), honest)

from collections.abc import Sequence

from mailfault_servers.action import Action, Send, Wait
from mailfault_servers.fault import Seconds, fault
from mailfault_servers.smtp.form import FormFault


@fault
class LateReply(FormFault):
    """Give the honest reply, but late.

    Within the client's limit it is no failure: RFC 5321 4.5.3.2 grants five minutes for most commands and ten for the
    final dot. Past it the client has gone.
    """

    delay: Seconds = 0.2
    """Time before the reply."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Wait(self.delay), Send(reply))

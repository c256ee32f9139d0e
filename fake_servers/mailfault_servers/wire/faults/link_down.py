from collections.abc import Sequence

from mailfault_servers.action import Action, CutLink, Hang
from mailfault_servers.fault import Seconds, fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import StageFault


@fault
class LinkDown(StageFault):
    """The link goes down in mid-session: the reply to one stage is lost, with every other packet in either direction.

    A cable is pulled, a tunnel ends, a virtual machine moves. No FIN and no RST tell of it: the client's own limit for
    a reply has to (RFC 5321 4.5.3.2). With `lasting` the link is up again after so long, TCP sends again what was lost,
    and nothing is missing: a client must not give up before its limit.
    """

    needs_link = True

    at: Stage = Stage.EHLO
    """The stage whose reply is the first to be lost."""
    lasting: Seconds | None = None
    """Time for which it is down. Absent: for good."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (CutLink(), Hang()) if self.lasting is None else (CutLink(self.lasting), *honest)

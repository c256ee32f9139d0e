"""Faults of form: the honest reply to one stage is sent in a form that the protocol forbids."""

from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import StageFault


class FormFault(StageFault):
    """A fault that changes how one reply is written, not what it says."""

    at: Stage = Stage.EHLO
    """The stage whose reply is spoilt."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        reply = b"".join(action.data for action in honest if isinstance(action, Send))
        return self.leave(reply) if reply else honest

    def leave(self, reply: bytes) -> Sequence[Action]:
        """Return the actions that replace the honest reply. Each of its lines ends with CRLF."""
        raise NotImplementedError(f"{type(self).__name__} does not say what leaves")


def first_line(reply: bytes) -> bytes:
    """Return the first line of a reply, marked as its only line."""
    line = reply.partition(b"\r\n")[0]
    return line[:3] + b" " + line[4:] + b"\r\n"

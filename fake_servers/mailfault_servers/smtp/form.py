"""Faults of form: the honest reply to one stage leaves in a form that the protocol forbids."""

from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage


class FormFault(Fault):
    """A fault that spoils how one reply is written, not what it says."""

    at: Stage = Stage.EHLO
    """The stage whose reply is spoilt."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, ReplyReady) or event.stage is not self.at:
            return honest
        reply = b"".join(one.data for one in honest if isinstance(one, Send))
        return self.leave(reply) if reply else honest

    def leave(self, reply: bytes) -> Sequence[Action]:
        """What leaves in place of the honest reply, whose lines all end with CRLF."""
        raise NotImplementedError(f"{type(self).__name__} does not say what leaves")


def first_line(reply: bytes) -> bytes:
    """The first line of a reply, as if it were the only one."""
    line = reply.partition(b"\r\n")[0]
    return line[:3] + b" " + line[4:] + b"\r\n"

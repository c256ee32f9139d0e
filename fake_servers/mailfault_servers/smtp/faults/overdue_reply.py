from collections.abc import Sequence
from typing import Self

from pydantic import model_validator

from mailfault_servers.action import Action, AwaitNextDelivery, Proceed
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.reply_text import ReplyText, check_not_done, send_reply
from mailfault_servers.smtp.stage_fault import StageFault


@fault
class OverdueReply(StageFault):
    """Answer one stage only when the client has given up and is about to begin its next delivery.

    A right client closes a connection on which it has given up an answer: whatever comes there later answers a question
    of old (RFC 5321 4.5.3.2). A client that keeps it reads the late reply as the answer to its next command, and every
    reply after that one too early: it calls mail delivered that was refused, or refused that was delivered.
    """

    at: Stage = Stage.END_OF_DATA
    """The stage whose reply is late."""
    reply: ReplyText | None = None
    """The answer at last, in place of doing what was asked. Absent: the honest one."""

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        if self.reply is not None:
            check_not_done(self.reply, self.at)
        return self

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (AwaitNextDelivery(), *honest) if self.reply is None else honest

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        if self.reply is None or Proceed() not in honest:
            return honest
        return (AwaitNextDelivery(), send_reply(self.reply))

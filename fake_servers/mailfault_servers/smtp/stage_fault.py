"""Bases of SMTP faults. They tell events apart, so that a fault says only what it changes."""

from collections.abc import Callable, Sequence

from mailfault_servers.action import Action, Close, Hang, Reset, Send
from mailfault_servers.fault import Event, Fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tcp.event import Idle

ENDINGS: dict[str, Action] = {"close": Close(), "reset": Reset(), "silent": Hang()}
"""Actions that end a connection by FIN, by RST, or by silence."""


class SmtpFault(Fault):
    """A fault about commands and replies. One that refuses overrides `on_command`, one that lies `on_reply`."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if isinstance(event, CommandArrived):
            return self.on_command(event, honest)
        return self.on_reply(event, honest) if isinstance(event, ReplyReady) else honest

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        """Return the actions for a command, given the honest ones."""
        return honest

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        """Return the actions for a reply, given the honest ones."""
        return honest


class StageFault(SmtpFault):
    """A fault at one stage of a session."""

    at: Stage = Stage.GREETING
    """The stage at which it acts."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        is_due = isinstance(event, CommandArrived | ReplyReady) and event.stage is self.at
        return super().react(event, honest) if is_due else honest


class IdleFault(Fault):
    """A fault on a connection that the client keeps, before its next delivery begins."""

    optional: bool = True
    """A client that keeps no connection never meets it."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return self.on_idle(event, honest) if isinstance(event, Idle) else honest

    def on_idle(self, event: Idle, honest: Sequence[Action]) -> Sequence[Action]:
        """Return the actions for an idle connection, given the honest ones."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does to an idle connection")


def change_replies(actions: Sequence[Action], change: Callable[[bytes], bytes]) -> Sequence[Action]:
    """Change the bytes of every reply that is to be sent."""
    return [Send(change(action.data)) if isinstance(action, Send) else action for action in actions]

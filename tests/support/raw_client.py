"""A right client on a bare socket, for wrong ones that break rules which libraries keep by themselves."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailfault.clients.library.exception_answer import answer_from
from mailfault.clients.library.mail_hosts import MailHost, Tried, deliver_in_order
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Target
from mailfault.reference_client.session import dot_stuffed
from mailfault_servers.smtp.reply import SmtpReply


def envelope(target: Target) -> tuple[str, ...]:
    """Return the commands from MAIL to DATA."""
    return (f"MAIL FROM:<{target.sender}>", *(f"RCPT TO:<{address}>" for address in target.recipients), "DATA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """The client's part of the conversation."""

    hello: str = "client.example"
    is_early: bool = False
    """Send EHLO without waiting for the greeting."""
    reads_whole_greeting: bool = True
    is_ahead: bool = False
    """Send the commands from MAIL to DATA without waiting for replies."""
    commands: Callable[[Target], Sequence[str]] = envelope
    text: Callable[[bytes], bytes] = lambda message: dot_stuffed(message) + b".\r\n"
    """Make the bytes to send after DATA, the final dot included."""


class Refused(Exception):
    """The host replied with a 4xx or 5xx."""

    def __init__(self, reply: SmtpReply) -> None:
        super().__init__(str(reply))
        self.reply = reply


def raw(manners: Manners) -> Callable[[Target], Answer]:
    """Return the `deliver` of a client with these manners. It uses no TLS."""

    def deliver(target: Target) -> Answer:
        return deliver_in_order(target, lambda host: Tried(_deliver_to(host, target, manners), final=True))

    return deliver


def _deliver_to(host: MailHost, target: Target, manners: Manners) -> Answer:
    try:
        with socket.create_connection((host.address, target.smtp_port), target.limits.connect_s) as sock:
            _Talk(sock).deliver(target, manners)
    except Refused as refusal:
        outcome = Outcome.FAILED if refusal.reply.code >= 500 else Outcome.DEFERRED
        words = str(refusal)
        return Answer(outcome=outcome, failure=Failure.REMOTE_REPLY, reply=words, text=words, server=host.server)
    except OSError as error:
        answer = answer_from(error, stage="mail", server=host.server)
        assert answer is not None
        return answer
    return Answer(outcome=Outcome.DELIVERED)


class _Talk:
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._replies = sock.makefile("rb")

    def deliver(self, target: Target, manners: Manners) -> None:
        if manners.is_early:
            self.say(f"EHLO {manners.hello}")
        self.greeting(is_whole=manners.reads_whole_greeting)
        if not manners.is_early:
            self.say(f"EHLO {manners.hello}")
        self.reply()
        commands = manners.commands(target)
        if manners.is_ahead:
            self.say(*commands)
        for command in commands:
            if not manners.is_ahead:
                self.say(command)
            self.reply()
        self._sock.sendall(manners.text(target.message))
        self.reply()
        self.say("QUIT")
        self.reply()

    def greeting(self, *, is_whole: bool) -> None:
        if is_whole:
            self.reply()
        else:
            self._replies.readline()

    def say(self, *commands: str) -> None:
        self._sock.sendall(b"".join(f"{command}\r\n".encode() for command in commands))

    def reply(self) -> None:
        """Read a reply. Raises Refused if it is negative, ConnectionError if none comes."""
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            line = self._replies.readline()
            if not line:
                raise ConnectionResetError("the host closed the connection")
            lines.append(line.decode("latin-1").rstrip())
        reply = SmtpReply.parse("\n".join(lines))
        if not reply.is_positive:
            raise Refused(reply)


deliver = raw(Manners())

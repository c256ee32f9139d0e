"""Takes every line for a reply, and one without a code for a yes: after an empty line it is a question behind."""

import socket

from mailfault.clients.library.mail_hosts import addresses_of
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Server, Target

CAUGHT = {
    "smtp/blank-line-before-greeting": "unsafe",
    "smtp/blank-line-before-ehlo": "unsafe",
    "smtp/blank-line-before-rcpt": "unsafe",
}


def deliver(target: Target) -> Answer:
    name = f"mx1.{target.recipients[0].partition('@')[2]}"
    server = Server(name=name, address=addresses_of(target, name)[0])
    where = (str(server.address), target.smtp_port)
    with (
        socket.create_connection(where, timeout=target.limits.command_s) as connected,
        connected.makefile("rb") as lines,
    ):

        def ask(words: bytes) -> str:
            connected.sendall(words)
            line = lines.readline().rstrip()
            while line[3:4] == b"-":
                line = lines.readline().rstrip()
            return line.decode()

        commands = [b"", b"EHLO client.example\r\n", f"MAIL FROM:<{target.sender}>\r\n".encode()]
        commands += [f"RCPT TO:<{recipient}>\r\n".encode() for recipient in target.recipients]
        for words in (*commands, b"DATA\r\n", target.message + b".\r\n"):
            reply = ask(words)
            if reply[:1] in ("4", "5"):
                return Answer(outcome=Outcome.FAILED, failure=Failure.REMOTE_REPLY, reply=reply, server=server)
    return Answer(outcome=Outcome.DELIVERED, server=server)

"""Keeps a connection on which it has given up an answer, and takes the late one for the answer to its next command.

Plain sockets: aiosmtplib throws away what comes unasked, and smtplib closes where it gives up.
"""

import socket
from pathlib import Path

from mailfault.clients.library.mail_hosts import addresses_of
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Server, Target

CAUGHT = {
    "session/late-250-hides-a-refusal": "unsafe",
    "session/late-550-to-rcpt": "misclassified",
    "session/late-354": "misclassified",
}
BECAUSE = {
    "session/late-354": "and it could have delivered it",
}
_connections: dict[Path, "_Connection"] = {}


class _Connection:
    def __init__(self, address: str, target: Target) -> None:
        self.socket = socket.create_connection((address, target.smtp_port), timeout=target.limits.connect_s)
        self.socket.settimeout(target.limits.command_s)
        self.unread = b""

    def ask(self, words: bytes) -> str:
        """Say it, and read the next reply that comes, whatever it answers."""
        self.socket.sendall(words)
        while True:
            line, end, rest = self.unread.partition(b"\r\n")
            if end:
                self.unread = rest
                if line[3:4] != b"-":
                    return line.decode()
            elif chunk := self.socket.recv(4096):
                self.unread += chunk
            else:
                raise ConnectionResetError("the host closed the connection")


def deliver(target: Target) -> Answer:
    assert target.smart_host is not None
    address = addresses_of(target, target.smart_host)[0]
    server = Server(name=target.smart_host, address=address)
    connection = _connections.pop(target.ca_file, None)
    words: list[bytes] = []
    is_new = connection is None
    if connection is None:
        connection = _Connection(address, target)
        words = [b"", b"EHLO client.example\r\n"]
    words += [f"MAIL FROM:<{target.sender}>\r\n".encode()]
    words += [f"RCPT TO:<{recipient}>\r\n".encode() for recipient in target.recipients]
    words += [b"DATA\r\n", target.message.replace(b"\r\n.", b"\r\n..") + b".\r\n"]
    try:
        for word in words:
            reply = connection.ask(word)
            if reply >= "400":
                outcome = Outcome.FAILED if reply >= "500" else Outcome.DEFERRED
                connection.socket.close()
                return Answer(outcome=outcome, failure=Failure.REMOTE_REPLY, reply=reply, server=server)
    except OSError as error:
        if is_new and isinstance(error, TimeoutError):
            _connections[target.ca_file] = connection
        else:
            connection.socket.close()
        return Answer(outcome=Outcome.DEFERRED, failure=Failure.CONNECTION_CLOSED, text=str(error), server=server)
    connection.socket.close()
    return Answer(outcome=Outcome.DELIVERED)

from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault

_BAD_REQUEST = Send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


@fault
class WebServer(SmtpFault):
    """Be a web server: wait for the client to speak first, and answer 400 to whatever it says.

    Somebody put another service on the port, or a proxy in front of it. Both sides wait for each other; no greeting
    ever comes, and the client's limit for it ends the wait (RFC 5321 4.5.3.2.1).
    """

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        return () if event.stage is Stage.GREETING else (_BAD_REQUEST, Close())

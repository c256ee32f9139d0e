from mailfault_servers import action
from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.tcp.port import PortFault


@fault
class Refuse(PortFault):
    """Nothing listens: every connection is answered with RST (RFC 9293 3.10.7.1).

    The machine is up and its mail service is not, or a firewall rejects. The client gets ECONNREFUSED at once. Nothing
    was said about the message, so a client that bounces it has mistaken a closed door for a refusal of the mail.
    """

    def answer(self) -> Action:
        return action.Refuse()

from mailfault_servers.action import Action, Refuse
from mailfault_servers.fault import fault
from mailfault_servers.tcp.port import PortFault


@fault
class Down(PortFault):
    """Take the proxy down: it listens no more (Toxiproxy `enabled` false), and connections to it are refused.

    What stands before the host is gone, and the host behind it is well. From the client's end it is a refused
    connection like any other.
    """

    def answer(self) -> Action:
        return Refuse()

"""A world built in Python, without a scenario file, for tests that check the servers' side themselves."""

from collections.abc import Sequence

from mailfault.contract import Limits, Route, TlsPolicy
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.scenario.layers import layers_of
from mailfault.scenario.model import Connector, Dns, Expect, Host, Scenario
from mailfault.world.plan import plan_world
from mailfault.world.world import World
from mailfault_servers.fault import Fault


class MailWorld(World):
    """A running world that can diagnose its journal."""

    def diagnose(self) -> Diagnosis:
        """Return the diagnosis of the current attempt, from the journal of the servers."""
        self.settle()
        return diagnose(self.entries(), self.journal.attempt)


def build_world(
    *faults: Fault,
    hosts: Sequence[Host] | None = None,
    route: Route | str = Route.SMART_HOST,
    tls: TlsPolicy | str = TlsPolicy.OPPORTUNISTIC,
    recipients: Sequence[str] = ("user@dest.example",),
    crl: bool = False,
    limits: Limits | None = None,
) -> MailWorld:
    """Build a world with these faults. It is not started yet.

    `dns.*` and `udp.*` faults go to the name server, all others to the first host, in addition to its own faults.
    Raises TypeError if a fault is not a fault object, ValueError for a wrong setting (an unknown route, no host).
    """
    for fault in faults:
        if not isinstance(fault, Fault):
            raise TypeError(f"{fault!r} is not a fault object; write it like mail_world(Refuse())")
    mail_hosts = tuple(hosts) if hosts is not None else (Host(name="mx1.dest.example"),)
    if not mail_hosts:
        raise ValueError("a world needs at least one host")
    for_dns = tuple(fault for fault in faults if fault.layer in layers_of("dns"))
    for_host = tuple(fault for fault in faults if fault not in for_dns)
    first = mail_hosts[0].model_copy(update={"faults": (*mail_hosts[0].faults, *for_host)})
    scenario = Scenario(
        id="built-in-python",
        title="A world built in Python",
        why="The test that built this world knows the reason.",
        refs=("the test itself",),
        connector=Connector(route=Route(route), tls=TlsPolicy(tls), recipients=tuple(recipients), crl=crl),
        dns=Dns(faults=for_dns),
        host=(first, *mail_hosts[1:]),
        expect=Expect(action="deliver"),
    )
    return MailWorld(plan_world(scenario, limits))

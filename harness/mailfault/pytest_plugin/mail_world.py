"""A world built in Python, without a scenario file: for tests that look at the servers' side themselves."""

from collections.abc import Sequence

from mailfault.contract import Limits, Route, TlsPolicy
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.scenario.layers import layers_of
from mailfault.scenario.model import Connector, Dns, Expect, Host, Scenario
from mailfault.world.world import World
from mailfault_servers.fault import Fault


class MailWorld(World):
    """A running world that can say what happened in it."""

    def diagnose(self) -> Diagnosis:
        """What really happened in the attempt under way, drawn from what the servers saw."""
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
    """A world, not yet started, with these faults.

    `dns.*` and `udp.*` faults go to the name server, all others to the first host (beside the faults that it has
    already). Raises TypeError where a fault is no fault object, ValueError where a setting is none (an unknown route,
    no host).
    """
    for one in faults:
        if not isinstance(one, Fault):
            raise TypeError(f"{one!r} is no fault object; write it like mail_world(Refuse())")
    mail_hosts = tuple(hosts) if hosts is not None else (Host(name="mx1.dest.example"),)
    if not mail_hosts:
        raise ValueError("a world has at least one host")
    own = tuple(fault for fault in faults if fault.layer not in layers_of("dns"))
    first = mail_hosts[0].model_copy(update={"faults": (*mail_hosts[0].faults, *own)})
    scenario = Scenario(
        id="built-in-python",
        title="A world built in Python",
        why="The test that built this world says what it is for.",
        refs=("the test itself",),
        connector=Connector(route=Route(route), tls=TlsPolicy(tls), recipients=tuple(recipients), crl=crl),
        dns=Dns(faults=tuple(one for one in faults if one not in own)),
        host=(first, *mail_hosts[1:]),
        expect=Expect(action="deliver"),
    )
    return MailWorld(scenario, limits=limits)

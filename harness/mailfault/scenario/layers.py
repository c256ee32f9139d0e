"""The layers of faults: the tables of a scenario that take them, and the server that each layer is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mailfault_servers.fault import Fault

Table = Literal["dns", "sts", "host"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One package of faults, as scenarios see it."""

    subject: str
    """The server, or the way to it, that a fault of this layer changes."""
    tables: tuple[Table, ...]
    """The tables of a scenario whose `faults` may name it; the first is the usual one."""


LAYERS: Mapping[str, Layer] = {
    "dns": Layer("the name server", ("dns",)),
    "udp": Layer("the way to the name server", ("dns",)),
    "https": Layer("the policy host", ("sts",)),
    "wire": Layer("the way to a host", ("host",)),
    "tcp": Layer("a host", ("host", "sts")),
    "proxy": Layer("the way to a host", ("host",)),
    "tls": Layer("a host", ("host", "sts")),
    "smtp": Layer("a mail host", ("host",)),
}
"""Every layer of `mailfault_servers.fault.LAYERS`."""


_OTHER = Layer("a server", ("host",))


def layer_of(fault: Fault | type[Fault]) -> Layer:
    """Return the layer of a fault; one that a user wrote outside of mailfault counts as a host's."""
    return LAYERS.get(fault.layer, _OTHER)


def layers_of(table: Table) -> tuple[str, ...]:
    """Return the layers whose faults may stand in a table."""
    return tuple(name for name, layer in LAYERS.items() if table in layer.tables)

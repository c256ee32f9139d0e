"""The plan of a world: what a scenario needs, decided before any socket is opened. Pure."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mailfault.contract import Limits
from mailfault.scenario.model import DOMAIN, Host, Scenario, Sts
from mailfault.world.mta_sts import CachedPolicy, cached_policy, published_policy
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.fault import Fault
from mailfault_servers.proxy.toxic_fault import ToxicFault

_FIRST_HOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """An address that the network makes from its kind and the server's number."""

    kind: Literal["ipv4", "ipv6"] = "ipv4"
    number: int


NAME_SERVER = ServerAddress(number=2)
POLICY_HOST_ADDRESS = ServerAddress(number=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServerPlan:
    """The name server, and the UDP proxy in front of it if datagrams have faults."""

    faults: tuple[Fault, ...]
    """Faults of the name server itself: dns.*."""
    datagram_faults: tuple[Fault, ...]
    """Faults of the datagrams to and from it: udp.*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """A mail host, and the proxy in front of it if it has one."""

    name: str
    addresses: tuple[ServerAddress, ...]
    preference: int | None
    """Its MX preference. None if the MX record does not name it."""
    starttls: bool
    """True if it offers STARTTLS."""
    tlsa: tuple[str, ...]
    """Parameters of its TLSA records, such as "3 1 1"."""
    needs_proxy: bool
    faults: tuple[Fault, ...]
    """All its faults, in the scenario's order."""

    @property
    def server_faults(self) -> tuple[Fault, ...]:
        """Faults of the SMTP server. Behind a proxy the relay takes the faults of port and link."""
        return tuple(fault for fault in self.faults if not self.needs_proxy or not _is_for_relay(fault))

    @property
    def toxics(self) -> tuple[ToxicFault, ...]:
        """Faults of the Toxiproxy proxy."""
        return tuple(fault for fault in self.faults if isinstance(fault, ToxicFault))

    @property
    def relay_faults(self) -> tuple[Fault, ...]:
        """Faults of the relay at the client's end of the proxy."""
        return tuple(fault for fault in self.faults if _is_for_relay(fault) and not isinstance(fault, ToxicFault))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyHostPlan:
    """The host that serves the domain's MTA-STS policy (RFC 8461)."""

    policy: str
    cached: CachedPolicy | None
    """The policy that the client fetched earlier, if any."""
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldPlan:
    """All that a world is made of, apart from what only a network knows: addresses and ports."""

    scenario: Scenario
    limits: Limits
    """Time limits for the client: the scenario's own, else the run's."""
    name_server: NameServerPlan
    hosts: tuple[HostPlan, ...]
    policy_host: PolicyHostPlan | None
    link_needs: tuple[str, ...]
    """Parts of the scenario that loopback cannot provide: ids of faults, and search domains."""

    @property
    def needs_link(self) -> bool:
        """True if the world needs a link of its own between client and servers, as the sandbox has."""
        return bool(self.link_needs)

    @property
    def shortest_limit_s(self) -> float:
        """The shortest of the client's time limits, in seconds."""
        return min(self.limits.connect_s, self.limits.command_s, self.limits.dns_s)

    def zone(self, addresses: Sequence[Sequence[str]], policy_records: Sequence[Record] = ()) -> Zone:
        """Build the honest zone from the addresses of each host, in order, and the records of the domain's policies."""
        return Zone(DOMAIN, [*policy_records, *self._host_records(addresses)], signed=self.scenario.dns.signed)

    def _host_records(self, addresses: Sequence[Sequence[str]]) -> Iterator[Record]:
        for host, own in zip(self.hosts, addresses, strict=True):
            if host.preference is not None:
                yield Record(DOMAIN, "MX", f"{host.preference} {host.name}")
            for address in own:
                yield Record(host.name, "AAAA" if ":" in address else "A", address)


def plan_world(scenario: Scenario, limits: Limits | None = None) -> WorldPlan:
    """Plan the world of a scenario. `limits` apply if the scenario sets none; the contract's defaults if absent."""
    faults = scenario.dns.faults
    return WorldPlan(
        scenario=scenario,
        limits=_limits_of(scenario, limits if limits is not None else Limits()),
        name_server=NameServerPlan(
            faults=tuple(fault for fault in faults if fault.layer != "udp"),
            datagram_faults=tuple(fault for fault in faults if fault.layer == "udp"),
        ),
        hosts=tuple(_plan_hosts(scenario.host)),
        policy_host=_plan_policy_host(scenario, scenario.sts) if scenario.sts is not None else None,
        link_needs=tuple(_link_needs(scenario)),
    )


def _plan_hosts(hosts: Sequence[Host]) -> Iterator[HostPlan]:
    numbers = {kind: itertools.count(_FIRST_HOST) for kind in ("ipv4", "ipv6")}
    for host in hosts:
        yield HostPlan(
            name=host.name,
            addresses=tuple(ServerAddress(kind=kind, number=next(numbers[kind])) for kind in host.addresses),
            preference=host.preference if host.mx else None,
            starttls=host.starttls,
            tlsa=host.tlsa,
            needs_proxy=host.proxied,
            faults=host.faults,
        )


def _plan_policy_host(scenario: Scenario, sts: Sts) -> PolicyHostPlan:
    return PolicyHostPlan(
        policy=published_policy(scenario, sts), cached=cached_policy(scenario, sts), faults=sts.faults
    )


def _link_needs(scenario: Scenario) -> Iterator[str]:
    faults = [fault for host in scenario.host for fault in host.faults]
    faults += scenario.sts.faults if scenario.sts is not None else ()
    yield from (fault.id for fault in faults if fault.needs_link)
    yield from (f"search domain {domain}" for domain in scenario.dns.search)


def _limits_of(scenario: Scenario, limits: Limits) -> Limits:
    connector = scenario.connector
    return Limits(
        connect_s=limits.connect_s if connector.connect_limit is None else connector.connect_limit,
        command_s=limits.command_s if connector.command_limit is None else connector.command_limit,
        dns_s=limits.dns_s if connector.dns_limit is None else connector.dns_limit,
    )


def _is_for_relay(fault: Fault) -> bool:
    """Return whether the fault acts at the relay in front of a host: on its port, or on what passes."""
    return fault.layer in ("tcp", "proxy")

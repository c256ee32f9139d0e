"""From a plan to servers: sockets, faults, certificates, and the target that points a client at them.

A library that only some worlds need is imported where its server is built: proxies alone bring an HTTP client.
"""

import contextlib
import itertools
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mailfault.contract import Policy, Route, Target
from mailfault.scenario.model import POLICY_HOST
from mailfault.world.message import message_of
from mailfault.world.mta_sts import sts_records
from mailfault.world.plan import NAME_SERVER, POLICY_HOST_ADDRESS, HostPlan, PolicyHostPlan, ServerAddress, WorldPlan
from mailfault.world.servers import Servers
from mailfault.world.tlsa import tlsa_records
from mailfault_servers.clock import Clock
from mailfault_servers.dns.listener import DnsServer
from mailfault_servers.dns.zone import Zone
from mailfault_servers.facts import PolicyCached
from mailfault_servers.fault import Faults
from mailfault_servers.journal import Journal
from mailfault_servers.network import LOOPBACK, Network
from mailfault_servers.smtp.host import SmtpHost
from mailfault_servers.tls.authority import Authority

if TYPE_CHECKING:
    from mailfault.world.proxies.control import Proxies

HIDDEN_ADDRESS = "127.0.0.4"
"""Address of hosts behind a proxy: always on loopback, each at a port of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Ports and addresses at which a client finds the servers of a world."""

    smtp_port: int
    https_port: int | None
    dns: tuple[str, int]


class WorldBuilder:
    """Builds the servers of one plan. Servers built before an error stay in `servers`, to be closed there."""

    def __init__(
        self,
        plan: WorldPlan,
        *,
        network: Network,
        authority: Authority,
        proxies: "Proxies | None",
        journal: Journal,
        clock: Clock,
        dated: datetime,
        servers: Servers,
        opened: contextlib.ExitStack,
    ) -> None:
        """`dated` is the moment from which certificates are dated. `opened` closes what is no server."""
        self._plan = plan
        self._network = network
        self._authority = authority
        self._proxies = proxies
        self._journal = journal
        self._clock = clock
        self._dated = dated
        self._servers = servers
        self._opened = opened

    def build(self, capture_file: Path | None) -> tuple[Endpoints, Zone]:
        """Build every server; none is started. Return where they are, and the zone that the name server has."""
        plan = self._plan
        addresses = [tuple(self._address(address) for address in host.addresses) for host in plan.hosts]
        smtp_port = self._build_hosts(addresses)
        records = list(tlsa_records(plan, port=smtp_port, authority=self._authority, now=self._dated))
        https_port = None
        if plan.policy_host is not None:
            https_port = self._build_policy_host(plan.policy_host)
            records += sts_records(self._address(POLICY_HOST_ADDRESS))
        if self._network.has_link:
            self._build_capture(self._names(addresses), capture_file)
        zone = plan.zone(addresses, records)
        return Endpoints(smtp_port=smtp_port, https_port=https_port, dns=self._build_name_server(zone)), zone

    def _address(self, address: ServerAddress) -> str:
        return self._network.address(address.kind, address.number)

    def _names(self, addresses: Sequence[Sequence[str]]) -> dict[str, str]:
        """Return the names of hosts by address."""
        names = {self._address(POLICY_HOST_ADDRESS): POLICY_HOST}
        for host, own in zip(self._plan.hosts, addresses, strict=True):
            names.update(dict.fromkeys(own, host.name))
        return names

    def _build_hosts(self, addresses: Sequence[Sequence[str]]) -> int:
        """Build every mail host. Return the SMTP port, which all share."""
        sockets = self._network.smtp_sockets(tuple(itertools.chain.from_iterable(addresses)))
        port, left = int(sockets[0].getsockname()[1]), iter(sockets)
        for host, own in zip(self._plan.hosts, addresses, strict=True):
            public = tuple(itertools.islice(left, len(own)))
            if host.needs_proxy:
                self._build_behind_proxy(host, public[0])
            else:
                self._build_smtp_host(host, public, self._network)
        return port

    def _build_smtp_host(
        self,
        host: HostPlan,
        sockets: Sequence[socket.socket],
        network: Network,
        public: Mapping[str, str] | None = None,
    ) -> None:
        self._servers.add_mail_server(
            SmtpHost(
                name=host.name,
                sockets=sockets,
                faults=host.server_faults,
                journal=self._journal,
                clock=self._clock,
                authority=self._authority if host.starttls else None,
                network=network,
                has_tlsa=bool(host.tlsa),
                dated=self._dated,
                public=public,
            )
        )

    def _build_behind_proxy(self, host: HostPlan, public: socket.socket) -> None:
        """Build the host at a hidden address, the proxy in front of it, and the relay at the client's end."""
        from mailfault.world.proxies.engines import embedded_proxies
        from mailfault_servers.proxy.relay import Relay

        seen = str(public.getsockname()[0])
        (hidden,) = LOOPBACK.smtp_sockets((HIDDEN_ADDRESS,))
        self._build_smtp_host(host, [hidden], LOOPBACK, public={HIDDEN_ADDRESS: seen})
        proxies = self._proxies if self._proxies is not None else embedded_proxies()
        toxics = [fault.toxic() for fault in host.toxics]
        name, upstream = proxies.open(host.name, hidden.getsockname()[:2], toxics, seed=self._plan.scenario.seed)
        self._opened.callback(proxies.close, name)
        faults = Faults(host.relay_faults, server=host.name, journal=self._journal, clock=self._clock)
        self._servers.add_mail_server(
            Relay(
                name=host.name,
                sock=public,
                upstream=upstream,
                faults=faults,
                journal=self._journal,
                network=self._network,
                toxics=[fault.id for fault in host.toxics],
            )
        )

    def _build_policy_host(self, planned: PolicyHostPlan) -> int:
        """Build the policy host. Return its HTTPS port."""
        from mailfault_servers.https.host import PolicyHost

        sock = self._network.https_socket(self._address(POLICY_HOST_ADDRESS))
        self._servers.add(
            PolicyHost(
                name=POLICY_HOST,
                sock=sock,
                policy=planned.policy,
                faults=planned.faults,
                journal=self._journal,
                clock=self._clock,
                authority=self._authority,
                network=self._network,
            )
        )
        if planned.cached is not None:
            self._journal.record(POLICY_HOST, PolicyCached(id=planned.cached.id, text=planned.cached.text))
        return int(sock.getsockname()[1])

    def _build_name_server(self, zone: Zone) -> tuple[str, int]:
        """Build the name server, and a UDP proxy if datagrams have faults. Return where clients find it."""
        planned = self._plan.name_server
        udp, tcp = self._network.dns_sockets(self._address(NAME_SERVER))
        journal = self._journal
        if planned.datagram_faults:
            from mailfault_servers.udp.proxy import BehindUdpProxy, UdpProxy

            hidden, unused = LOOPBACK.dns_sockets(HIDDEN_ADDRESS)
            unused.close()
            self._servers.add(
                UdpProxy(
                    sock=udp,
                    upstream=hidden.getsockname()[:2],
                    faults=planned.datagram_faults,
                    journal=self._journal,
                    clock=self._clock,
                )
            )
            udp, journal = hidden, BehindUdpProxy(self._journal)
        self._servers.add(
            DnsServer(zone=zone, sockets=(udp, tcp), faults=planned.faults, journal=journal, clock=self._clock)
        )
        address, port = tcp.getsockname()[:2]
        return str(address), int(port)

    def _build_capture(self, names: Mapping[str, str], file: Path | None) -> None:
        """Capture every packet on the link, to `file` too if it is given."""
        from mailfault_servers.wire.capture import Capture

        tap = self._network.capture()
        self._servers.add_watch(
            Capture(
                sock=self._opened.enter_context(tap.sock),
                journal=self._journal,
                host_at=names.get,
                belongs=tap.is_own,
                unreachable=tap.icmp_error,
                router=tap.router,
                file=self._opened.enter_context(file.open("wb")) if file is not None else None,
            )
        )


def build_target(
    plan: WorldPlan, endpoints: Endpoints, *, folder: Path, authority: Authority, network: Network
) -> Target:
    """Return the target of the first delivery. Write its files to `folder`."""
    connector = plan.scenario.connector
    cached = plan.policy_host.cached if plan.policy_host is not None else None
    return Target(
        route=connector.route,
        smart_host=plan.hosts[0].name if connector.route is Route.SMART_HOST else None,
        smtp_port=endpoints.smtp_port,
        dns=endpoints.dns,
        tls=connector.tls,
        ca_file=_write(folder / "authority.pem", authority.root_pem),
        crl_file=_write(folder / "revoked.pem", authority.crl_pem()) if connector.crl else None,
        sender=connector.sender,
        recipients=connector.recipients,
        message=message_of(1, is_eight_bit=connector.content == "8bit"),
        limits=plan.limits,
        policies=connector.policy,
        https_port=endpoints.https_port if Policy.MTA_STS in connector.policy else None,
        cached_policy_file=_write(folder / "policy.json", cached.to_file()) if cached is not None else None,
        launcher=network.launcher,
    )


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path

"""A world: the fake servers of one scenario, running, and the target that a client is sent at."""

import contextlib
import errno
import itertools
import socket
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from mailfault.contract import Limits, Policy, Route, Target
from mailfault.scenario.model import DOMAIN, Host, Scenario
from mailfault.world.proxies.control import Proxies
from mailfault.world.proxies.engines import embedded_proxies
from mailfault.world.publish import (
    POLICY_HOST,
    cache_file,
    cached_policy,
    published_policy,
    sts_records,
    tlsa_records,
)
from mailfault_servers.clock import Clock, SystemClock
from mailfault_servers.dns.listener import DnsServer
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.facts import PolicyCached
from mailfault_servers.fault import Faults
from mailfault_servers.https.host import PolicyHost
from mailfault_servers.journal import Entry, Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import LOOPBACK, Network, NetworkLacks
from mailfault_servers.proxy.relay import Relay, is_for_relay
from mailfault_servers.proxy.toxic_fault import ToxicFault
from mailfault_servers.smtp.host import SmtpHost
from mailfault_servers.tls.authority import Authority, shared_authority
from mailfault_servers.udp.proxy import BehindUdpProxy, UdpProxy
from mailfault_servers.wire.capture import Capture

_NAME_SERVER, _POLICY_HOST, _FIRST_HOST = 2, 3, 10
"""Numbers of servers, from which the network makes their addresses."""
HIDDEN_ADDRESS = "127.0.0.4"
"""Where hosts behind a proxy listen, always on loopback, each at a port of its own."""
SETTLING_S = 0.25
"""How long a client that has answered may still keep its connections, before they are broken off."""
SENDER = "sender@client.example"
MESSAGE = (
    b"From: <sender@client.example>\r\n"
    b"To: <user@dest.example>\r\n"
    b"Subject: A message that wants to arrive\r\n"
    b"Date: Mon, 02 Jan 2023 10:00:00 +0000\r\n"
    b"Message-ID: <one@client.example>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=us-ascii\r\n"
    b"\r\n"
    + b"".join(b"Line %02d of a message that is long enough to be cut in the middle.\r\n" % n for n in range(20))
    + b".A line that begins with a dot must arrive with it (RFC 5321 4.5.2).\r\n"
)
"""What is delivered in every world: about 1.7 kB, one line of it with a leading dot."""
_MESSAGE_ID, _SUBJECT = b"<one@client.example>", b"Subject: A message that wants to arrive"


def message_of(number: int) -> bytes:
    """The message that is delivered as the so-manyth (from 1): each with a Message-ID and a subject of its own."""
    if number == 1:
        return MESSAGE
    numbered = MESSAGE.replace(_MESSAGE_ID, b"<number-%d@client.example>" % number, 1)
    return numbered.replace(_SUBJECT, _SUBJECT + b" (number %d)" % number, 1)


def addresses_of(scenario: Scenario, network: Network) -> tuple[tuple[str, ...], ...]:
    """The addresses of each host."""
    numbers = {kind: itertools.count(_FIRST_HOST) for kind in ("ipv4", "ipv6")}
    return tuple(tuple(network.address(kind, next(numbers[kind])) for kind in host.addresses) for host in scenario.host)


def zone_of(scenario: Scenario, addresses: Sequence[Sequence[str]], policy: Sequence[Record] = ()) -> Zone:
    """What the name server of a scenario honestly knows, given the addresses of each of its hosts, and the records of
    their policies."""
    records = list(policy)
    for host, own in zip(scenario.host, addresses, strict=True):
        if host.mx:
            records.append(Record(DOMAIN, "MX", f"{host.preference} {host.name}"))
        records += [Record(host.name, "AAAA" if ":" in one else "A", one) for one in own]
    return Zone(DOMAIN, records, signed=scenario.dns.signed)


def needing_sandbox(scenario: Scenario) -> list[str]:
    """What a scenario has that loopback cannot: ids of faults, and search domains."""
    faults = (*(one for host in scenario.host for one in host.faults), *(scenario.sts.faults if scenario.sts else ()))
    return [*(one.id for one in faults if one.needs_link), *(f"search domain {one}" for one in scenario.dns.search)]


class Server(Protocol):
    """What a world starts and closes, on the servers' loop."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


class World:
    """The running servers of one scenario: a context manager that closes all that it opened.

    >>> with World(scenario) as world:
    ...     answer = deliver(world.target)
    ...     evidence = world.entries()
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        limits: Limits | None = None,
        clock: Clock | None = None,
        network: Network | None = None,
        authority: Authority | None = None,
        proxies: Proxies | None = None,
        capture_file: Path | None = None,
    ) -> None:
        """`network` is closed with the world. `capture_file`: where every packet is to be written, where the network
        lets packets be seen."""
        self.scenario = scenario
        self._clock = clock if clock is not None else SystemClock()
        self._dated = self._clock.now()
        self._network = network if network is not None else LOOPBACK
        self._limits = limits_of(scenario, limits if limits is not None else Limits())
        self._authority = authority if authority is not None else shared_authority()
        self._proxies = proxies
        self.journal = Journal(self._clock)
        self._capture_file = capture_file
        self._capture: Capture | None = None
        self._servers: list[Server] = []
        self._https_port: int | None = None
        self._opened = contextlib.ExitStack()
        self._target: Target | None = None
        self._message = 1

    @property
    def target(self) -> Target:
        """What the client is told. Only while the world runs."""
        if self._target is None:
            raise RuntimeError("this world is not running; use it as `with World(scenario) as world:`")
        return self._target

    def entries(self, attempt: int | None = None) -> tuple[Entry, ...]:
        """The journal so far: of one attempt (with what was there before any), or of all."""
        entries = self.journal.entries
        if attempt is None:
            return entries
        return tuple(one for one in entries if one.attempt == attempt or (one.session is None and one.server != "dns"))

    def next_attempt(self) -> Target:
        """Begin another delivery attempt of the same message; returns the target for it."""
        return self._begin_delivery(replace(self.target, attempt=self.target.attempt + 1))

    def next_message(self) -> Target:
        """Begin the delivery of another message; returns the target for it."""
        self._message += 1
        return self._begin_delivery(replace(self.target, message=message_of(self._message), attempt=1))

    def _begin_delivery(self, target: Target) -> Target:
        """What ends the connections that a client keeps belongs to the delivery that finds it so."""
        self.settle()
        self.journal.attempt += 1
        run_on_loop(_begin_all([one for one in self._servers if isinstance(one, SmtpHost | Relay)]))
        self._target = target
        return target

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        scenario = self.scenario
        if needing := [] if self._network.has_link else needing_sandbox(scenario):
            raise NetworkLacks(errno.EOPNOTSUPP, f"{needing[0]} needs the sandbox, and this world is on loopback")
        addresses = addresses_of(scenario, self._network)
        sockets = self._network.smtp_sockets(tuple(itertools.chain.from_iterable(addresses)))
        port, left = int(sockets[0].getsockname()[1]), iter(sockets)
        for host, own in zip(scenario.host, addresses, strict=True):
            public = tuple(itertools.islice(left, len(own)))
            self._servers += self._behind_proxy(host, public[0]) if host.proxied else [self._smtp_host(host, public)]
        policy_records = (
            *tlsa_records(scenario, port=port, authority=self._authority, now=self._dated),
            *self._add_policy_host(),
        )
        if self._network.has_link:
            self._watch({it: host.name for host, own in zip(scenario.host, addresses, strict=True) for it in own})
        endpoint = self._open_dns(zone_of(scenario, addresses, policy_records))
        run_on_loop(self._start())
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="mailfault-")))
        connector = scenario.connector
        cached = cached_policy(scenario, scenario.sts) if scenario.sts is not None else None
        self._target = Target(
            route=connector.route,
            smart_host=scenario.host[0].name if connector.route is Route.SMART_HOST else None,
            smtp_port=port,
            dns=endpoint,
            tls=connector.tls,
            ca_file=_write(folder / "authority.pem", self._authority.root_pem),
            crl_file=_write(folder / "revoked.pem", self._authority.crl_pem()) if connector.crl else None,
            sender=SENDER,
            recipients=connector.recipients,
            message=MESSAGE,
            limits=self._limits,
            policies=connector.policy,
            https_port=self._https_port if Policy.MTA_STS in connector.policy else None,
            cached_policy_file=_write(folder / "policy.json", cache_file(*cached)) if cached is not None else None,
            launcher=self._network.launcher,
        )

    def _watch(self, names: dict[str, str]) -> None:
        """Have every packet seen. The capture starts before any server, so that it misses nothing."""
        names[self._network.address("ipv4", _POLICY_HOST)] = POLICY_HOST
        file = self._opened.enter_context(self._capture_file.open("wb")) if self._capture_file is not None else None
        tap = self._network.capture()
        self._capture = Capture(
            sock=self._opened.enter_context(tap.sock),
            journal=self.journal,
            host_at=names.get,
            belongs=tap.is_own,
            unreachable=tap.icmp_error,
            router=tap.router,
            file=file,
        )
        self._servers.insert(0, self._capture)

    def _add_policy_host(self) -> tuple[Record, ...]:
        """Add the policy host, where the domain has a policy; returns what DNS knows of it."""
        sts = self.scenario.sts
        if sts is None:
            return ()
        address = self._network.address("ipv4", _POLICY_HOST)
        sock = self._network.https_socket(address)
        self._https_port = int(sock.getsockname()[1])
        host = PolicyHost(
            name=POLICY_HOST,
            sock=sock,
            policy=published_policy(self.scenario, sts),
            faults=sts.faults,
            journal=self.journal,
            clock=self._clock,
            authority=self._authority,
            network=self._network,
        )
        self._servers.append(host)
        if (cached := cached_policy(self.scenario, sts)) is not None:
            self.journal.record(POLICY_HOST, PolicyCached(id=cached[0], text=cached[1]))
        return sts_records(address)

    def _open_dns(self, zone: Zone) -> tuple[str, int]:
        """The name server, behind a UDP proxy where datagrams have faults. Returns where clients find it."""
        on_the_way = [fault for fault in self.scenario.dns.faults if fault.layer == "udp"]
        udp, tcp = self._network.dns_sockets(self._network.address("ipv4", _NAME_SERVER))
        journal = self.journal
        if on_the_way:
            hidden, unused = LOOPBACK.dns_sockets(HIDDEN_ADDRESS)
            unused.close()
            host, port = hidden.getsockname()[:2]
            proxy = UdpProxy(
                sock=udp, upstream=(host, port), faults=on_the_way, journal=self.journal, clock=self._clock
            )
            self._servers.append(proxy)
            udp, journal = hidden, BehindUdpProxy(self.journal)
        dns = DnsServer(
            zone=zone,
            sockets=(udp, tcp),
            faults=[one for one in self.scenario.dns.faults if one not in on_the_way],
            journal=journal,
            clock=self._clock,
        )
        self._servers.append(dns)
        address, number = tcp.getsockname()[:2]
        return str(address), int(number)

    def _smtp_host(
        self, host: Host, sockets: Sequence[socket.socket], public: Mapping[str, str] | None = None
    ) -> SmtpHost:
        return SmtpHost(
            name=host.name,
            sockets=sockets,
            faults=[one for one in host.faults if public is None or not is_for_relay(one)],
            journal=self.journal,
            clock=self._clock,
            authority=self._authority if host.starttls else None,
            network=self._network if public is None else LOOPBACK,
            has_tlsa=bool(host.tlsa),
            dated=self._dated,
            public=public,
        )

    def _behind_proxy(self, host: Host, public: socket.socket) -> list[SmtpHost | Relay]:
        """The host at an address that no client is told, the proxy before it, and the relay at the client's end."""
        seen = str(public.getsockname()[0])
        (hidden,) = LOOPBACK.smtp_sockets((HIDDEN_ADDRESS,))
        proxies = self._proxies if self._proxies is not None else embedded_proxies()
        toxics = [one for one in host.faults if isinstance(one, ToxicFault)]
        name, upstream = proxies.open(
            host.name, hidden.getsockname()[:2], [one.toxic() for one in toxics], seed=self.scenario.seed
        )
        self._opened.callback(proxies.close, name)
        others = [one for one in host.faults if is_for_relay(one) and one not in toxics]
        relay = Relay(
            name=host.name,
            sock=public,
            upstream=upstream,
            faults=Faults(others, server=host.name, journal=self.journal, clock=self._clock),
            journal=self.journal,
            network=self._network,
            toxics=[one.id for one in toxics],
        )
        return [self._smtp_host(host, [hidden], public={HIDDEN_ADDRESS: seen}), relay]

    async def _start(self) -> None:
        for server in self._servers:
            await server.start()

    def settle(self) -> None:
        """Wait until the servers have seen how the client's connections ended: at once, where it closed them."""
        hosts = [one for one in self._servers if isinstance(one, SmtpHost | Relay)]
        run_on_loop(_settle_all(hosts))
        if self._capture is not None:
            run_on_loop(self._capture.settle())

    def close(self) -> None:
        """Break off what is open and close every socket and file. May be called again."""
        servers, self._servers = self._servers, []
        if servers:
            run_on_loop(_close_all(servers))
        self._opened.close()
        self._network.close()
        self._target = None


async def _settle_all(hosts: Sequence[SmtpHost | Relay]) -> None:
    for host in hosts:
        await host.settle(SETTLING_S)


async def _begin_all(hosts: Sequence[SmtpHost | Relay]) -> None:
    for host in hosts:
        await host.begin_delivery()


async def _close_all(servers: Sequence[Server]) -> None:
    for server in servers:
        await server.close()


def limits_of(scenario: Scenario, limits: Limits) -> Limits:
    """The time limits that a client is given in this scenario: its own, and the run's where it has none."""
    connector = scenario.connector
    return Limits(
        connect_s=limits.connect_s if connector.connect_limit is None else connector.connect_limit,
        command_s=limits.command_s if connector.command_limit is None else connector.command_limit,
        dns_s=limits.dns_s if connector.dns_limit is None else connector.dns_limit,
    )


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path

"""Worlds open whole, close whole, and go through several attempts."""

import smtplib
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailfault.contract import Limits
from mailfault.pytest_plugin.mail_world import build_world
from mailfault.scenario.loader import find_scenario
from mailfault.scenario.model import Scenario
from mailfault.world.plan import plan_world
from mailfault.world.world import World
from mailfault_servers.clock import ManualClock, SystemClock
from mailfault_servers.facts import CertificatePresented
from mailfault_servers.network import HostNetwork

SCENARIO = find_scenario("control/verified-tls[route=mx,tls=verified]")


def send(world: World) -> None:
    with smtplib.SMTP("127.0.0.10", world.target.smtp_port, local_hostname="c.example", timeout=5) as client:
        client.sendmail("a@c.example", ["user@dest.example"], world.target.message)


def test_a_world_is_open_within_and_closed_after() -> None:
    with World(plan_world(SCENARIO)) as world:
        target = world.target
        assert target.ca_file.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        assert target.crl_file is None
        socket.create_connection(("127.0.0.10", target.smtp_port), 5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.10", target.smtp_port), 5)
    assert not target.ca_file.exists()
    with pytest.raises(RuntimeError, match="with World"):
        _ = world.target
    world.close()


class HalfANetwork(HostNetwork):
    def __init__(self) -> None:
        self.bound: list[socket.socket] = []

    def smtp_sockets(self, addresses: tuple[str, ...]) -> tuple[socket.socket, ...]:
        self.bound += super().smtp_sockets(addresses)
        return tuple(self.bound)

    def dns_sockets(self, address: str) -> tuple[socket.socket, socket.socket]:
        raise OSError("no more ports")


def test_a_world_that_cannot_open_leaves_nothing_half_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    network = HalfANetwork()
    with pytest.raises(OSError, match="no more ports"), World(plan_world(SCENARIO), network=network):
        pass
    assert [sock.fileno() for sock in network.bound] == [-1]
    assert list(tmp_path.iterdir()) == []


def test_hosts_have_addresses_of_their_own_and_one_port() -> None:
    with World(plan_world(find_scenario("connect/second-mx-after-421"))) as world:
        for address in ("127.0.0.10", "127.0.0.11"):
            socket.create_connection((address, world.target.smtp_port), 5).close()


def test_limits_are_the_runs_unless_the_scenario_has_its_own() -> None:
    with World(plan_world(find_scenario("dns/late-answer"), Limits(connect_s=3, command_s=4, dns_s=5))) as world:
        assert world.target.limits == Limits(connect_s=3, command_s=4, dns_s=2)


def deferring(**schedule: object) -> Scenario:
    fault = {"use": "smtp.reply", "at": "mail", "reply": "451 4.3.0 Later", **schedule}
    return Scenario.model_validate(
        {
            "title": "A host that defers for a while",
            "why": "What a queue has to live through, attempt after attempt.",
            "refs": ["RFC 5321 4.5.4.1"],
            "host": [{"name": "mx1.dest.example", "faults": [fault]}],
            "expect": {"action": "deliver"},
        }
    )


def test_a_fault_of_certain_attempts() -> None:
    with World(plan_world(deferring(attempts=[1, 3]))) as world:
        for attempt in (1, 2, 3):
            assert world.target.attempt == attempt
            if attempt == 2:
                send(world)
            else:
                with pytest.raises(smtplib.SMTPSenderRefused):
                    send(world)
            world.next_attempt()
        world.settle()
        kinds = {n: [entry.fact.kind for entry in world.entries(n) if entry.session] for n in (1, 2, 3)}
    assert "message-accepted" in kinds[2]
    assert "message-accepted" not in kinds[1] + kinds[3]


def test_a_fault_until_a_moment_of_the_clock_that_was_passed_in() -> None:
    clock = ManualClock(datetime.now(UTC))
    with World(plan_world(deferring(until="3h")), clock=clock) as world:
        with pytest.raises(smtplib.SMTPSenderRefused):
            send(world)
        clock.advance(3 * 3600)
        send(world)


def test_certificates_expire_by_the_clock_that_was_passed_in() -> None:
    clock = ManualClock(SystemClock().now())
    clock.advance(400 * 86400)
    with World(plan_world(SCENARIO), clock=clock) as world:
        import ssl

        context = ssl.create_default_context(cafile=world.target.ca_file)
        with smtplib.SMTP("127.0.0.10", world.target.smtp_port, local_hostname="c.example", timeout=5) as client:
            client._host = "mx1.dest.example"  # type: ignore[attr-defined]
            with pytest.raises(ssl.SSLCertVerificationError, match="not yet valid"):
                client.starttls(context=context)


def test_a_world_built_in_python_puts_faults_where_they_belong() -> None:
    from mailfault_servers.dns.faults.servfail import Servfail
    from mailfault_servers.tcp.faults.refuse import Refuse

    world = build_world(Servfail(), Refuse(), route="mx")
    assert [fault.id for fault in world.scenario.dns.faults] == ["dns.servfail"]
    assert [fault.id for fault in world.scenario.host[0].faults] == ["tcp.refuse"]


@pytest.mark.parametrize("passed_s", [60, 86_400])
def test_tlsa_records_are_about_the_certificate_that_is_shown_later(passed_s: float) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC))
    with World(plan_world(find_scenario("policy/dane-ee-expired")), clock=clock) as world:
        clock.advance(passed_s)
        with smtplib.SMTP("127.0.0.10", world.target.smtp_port, local_hostname="c.example", timeout=5) as client:
            client.starttls()
        (shown,) = (entry.fact for entry in world.journal.entries if isinstance(entry.fact, CertificatePresented))
        (published,) = {record for record in shown.tlsa if record.startswith("3 1 1 ")}
        (record,) = world.zone.lookup(f"_{world.target.smtp_port}._tcp.mx1.dest.example", "TLSA")
        assert record.data == published


def test_tlsa_records_are_about_the_port_of_this_world() -> None:
    with World(plan_world(find_scenario("policy/dane-2-1-1"))) as world:
        (record,) = world.zone.lookup(f"_{world.target.smtp_port}._tcp.mx1.dest.example", "TLSA")
    assert record.data.startswith("2 1 1 ")

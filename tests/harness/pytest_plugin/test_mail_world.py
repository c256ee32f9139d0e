"""Worlds built in Python."""

import smtplib

import pytest

from mailfault.clients import open_client
from mailfault.contract import Answer, Answered, Limits, Outcome, Route, TlsPolicy
from mailfault.pytest_plugin.mail_world import MailWorld, build_world
from mailfault.scenario.model import Host
from mailfault_servers.dns.faults.nxdomain import Nxdomain
from mailfault_servers.smtp.faults.reply import Reply
from mailfault_servers.tcp.faults.refuse import Refuse
from mailfault_servers.tls.faults.expired import Expired


def deliver(world: MailWorld) -> Answer:
    ended = open_client("reference").deliver(world.target, deadline_s=20)
    assert isinstance(ended, Answered)
    return ended.answer


def test_a_world_without_faults_delivers() -> None:
    with build_world() as world:
        assert deliver(world).outcome is Outcome.DELIVERED
        diagnosis = world.diagnose()
    assert diagnosis.delivered
    assert diagnosis.failure is None


@pytest.mark.parametrize("route", list(Route))
def test_faults_go_where_they_belong(route: Route) -> None:
    with build_world(Nxdomain(), route=route) as world:
        assert deliver(world).failure == "dns-query-failed"
        assert world.diagnose().failure == "dns-query-failed"
    with build_world(Expired(), route=route, tls="verified") as world:
        assert deliver(world).failure == "certificate-invalid"
        assert world.diagnose().failure == "certificate-invalid"


def test_faults_join_those_of_the_first_host() -> None:
    hosts = (
        Host(name="mx1.dest.example", faults=(Reply(at="ehlo", reply="421 4.3.2 Later", times=1),)),
        Host(name="mx2.dest.example", preference=20),
    )
    with build_world(Refuse(), hosts=hosts, route="mx") as world:
        assert [fault.id for fault in world.scenario.host[0].faults] == ["smtp.reply", "tcp.refuse"]
        assert not world.scenario.host[1].faults
        assert deliver(world).outcome is Outcome.DELIVERED


def test_the_target_is_as_it_was_asked_for() -> None:
    recipients = ("a@dest.example", "b@dest.example")
    limits = Limits(connect_s=7)
    with build_world(route="mx", tls="required", recipients=recipients, crl=True, limits=limits) as world:
        target = world.target
        assert (target.route, target.smart_host, target.tls) == (Route.MX, None, TlsPolicy.REQUIRED)
        assert (target.recipients, target.limits) == (recipients, limits)
        assert target.crl_file is not None
        assert b"BEGIN X509 CRL" in target.crl_file.read_bytes()


def test_the_attempt_under_way_is_diagnosed() -> None:
    with build_world(Reply(at="greeting", reply="421 4.3.2 Later", attempts=(1,))) as world:
        assert deliver(world).outcome is Outcome.DEFERRED
        assert world.diagnose().failure == "cannot-connect"
        world.next_attempt()
        assert deliver(world).outcome is Outcome.DELIVERED
        assert world.diagnose().delivered


def test_a_world_closes_what_is_open_in_it() -> None:
    with build_world(tls="none") as world:
        smtp = smtplib.SMTP("127.0.0.10", world.target.smtp_port, timeout=5)
        authority = world.target.ca_file
        assert world.target.ca_file.exists()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.noop()
    assert not authority.exists()


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(ValueError, match="smarthost"):
        build_world(route="smarthost")
    with pytest.raises(ValueError, match="sometimes"):
        build_world(tls="sometimes")
    with pytest.raises(ValueError, match="at least one host"):
        build_world(hosts=())
    with pytest.raises(ValueError, match="two hosts of this world"):
        build_world(hosts=(Host(name="mx1.dest.example"), Host(name="mx1.dest.example")))
    for wrong in (Refuse, "tcp.refuse"):
        with pytest.raises(TypeError, match=r"mail_world\(Refuse\(\)\)"):
            build_world(wrong)  # type: ignore[arg-type]

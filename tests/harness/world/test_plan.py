"""Plans: pure functions of a scenario, tested without a socket."""

from typing import Any

import pytest

from mailfault.contract import Limits
from mailfault.scenario.model import Scenario
from mailfault.world.plan import HostPlan, ServerAddress, WorldPlan, plan_world
from mailfault_servers.dns.zone import Record


def plan(limits: Limits | None = None, **tables: Any) -> WorldPlan:
    fixed = {
        "title": "A story to be planned",
        "why": "The plan decides what this world is made of.",
        "refs": ["the test itself"],
        "host": [{"name": "mx1.dest.example"}],
        "expect": {"action": "deliver"},
    }
    return plan_world(Scenario.model_validate(fixed | tables), limits)


def host_plan(*faults: str, **settings: Any) -> HostPlan:
    (host,) = plan(host=[{"name": "mx1.dest.example", "faults": [{"use": use} for use in faults], **settings}]).hosts
    return host


def ids(faults: tuple[Any, ...]) -> list[str]:
    return [fault.id for fault in faults]


def test_hosts_are_numbered_by_kind_of_address_from_ten() -> None:
    planned = plan(
        host=[{"name": "a.dest.example", "addresses": ["ipv6", "ipv4"]}, {"name": "b.dest.example"}],
    )
    assert [host.addresses for host in planned.hosts] == [
        (ServerAddress(kind="ipv6", number=10), ServerAddress(kind="ipv4", number=10)),
        (ServerAddress(kind="ipv4", number=11),),
    ]


def test_limits_are_the_runs_unless_the_scenario_has_its_own() -> None:
    run = Limits(connect_s=3, command_s=4, dns_s=5)
    planned = plan(run, connector={"connect_limit": "250ms", "dns_limit": 2})
    assert planned.limits == Limits(connect_s=0.25, command_s=4, dns_s=2)
    assert planned.shortest_limit_s == 0.25
    assert plan().limits == Limits()


def test_the_zone_has_the_addresses_that_the_network_gave() -> None:
    planned = plan(
        host=[
            {"name": "a.dest.example", "preference": 5, "addresses": ["ipv4", "ipv6"]},
            {"name": "b.dest.example", "mx": False},
        ]
    )
    policy = Record("_mta-sts.dest.example", "TXT", '"v=STSv1; id=1"')
    zone = planned.zone([("192.0.2.1", "2001:db8::1"), ("192.0.2.2",)], [policy])
    assert [record.data for record in zone.lookup("dest.example", "MX")] == ["5 a.dest.example"]
    assert [record.data for record in zone.lookup("a.dest.example", "A")] == ["192.0.2.1"]
    assert [record.data for record in zone.lookup("a.dest.example", "AAAA")] == ["2001:db8::1"]
    assert [record.data for record in zone.lookup("b.dest.example", "A")] == ["192.0.2.2"]
    assert list(zone.lookup("_mta-sts.dest.example", "TXT")) == [policy]


@pytest.mark.parametrize("signed", [True, False])
def test_the_zone_is_signed_if_the_scenario_says_so(signed: bool) -> None:
    assert plan(dns={"signed": signed}).zone([("192.0.2.1",)]).signed is signed


def test_a_zone_needs_the_addresses_of_every_host() -> None:
    with pytest.raises(ValueError, match="shorter"):
        plan().zone([])


@pytest.mark.parametrize(
    ("tables", "needs"),
    [
        ({}, ()),
        ({"host": [{"name": "mx1.dest.example", "faults": [{"use": "tcp.refuse"}]}]}, ()),
        ({"dns": {"search": ["corp.example"]}}, ("search domain corp.example",)),
        (
            {"host": [{"name": "mx1.dest.example", "faults": [{"use": "wire.prohibited"}]}], "dns": {"search": ["a"]}},
            ("wire.prohibited", "search domain a"),
        ),
    ],
)
def test_only_what_loopback_cannot_provide_needs_a_link(tables: dict[str, Any], needs: tuple[str, ...]) -> None:
    planned = plan(**tables)
    assert planned.link_needs == needs
    assert planned.needs_link is bool(needs)


def test_faults_go_to_the_server_that_they_are_about() -> None:
    planned = plan(
        dns={"faults": [{"use": "udp.loss"}, {"use": "dns.servfail"}]}, sts={"faults": [{"use": "tls.expired"}]}
    )
    assert ids(planned.name_server.datagram_faults) == ["udp.loss"]
    assert ids(planned.name_server.faults) == ["dns.servfail"]
    assert planned.policy_host is not None
    assert ids(planned.policy_host.faults) == ["tls.expired"]


def test_without_a_proxy_the_host_has_all_its_faults() -> None:
    host = host_plan("tcp.refuse", "smtp.close")
    assert not host.needs_proxy
    assert ids(host.server_faults) == ["tcp.refuse", "smtp.close"]


def test_behind_a_proxy_the_relay_has_the_faults_of_port_and_link() -> None:
    host = host_plan("tcp.refuse", "smtp.close", "proxy.timeout", "proxy.cut")
    assert host.needs_proxy
    assert ids(host.server_faults) == ["smtp.close"]
    assert ids(host.toxics) == ["proxy.timeout"]
    assert ids(host.relay_faults) == ["tcp.refuse", "proxy.cut"]


def test_a_proxy_without_a_fault_is_wanted_too() -> None:
    assert host_plan(proxy=True).needs_proxy
    assert not host_plan().needs_proxy


def test_a_host_that_is_no_mx_has_no_preference() -> None:
    assert host_plan(mx=False).preference is None
    assert host_plan(preference=7).preference == 7


def test_a_domain_without_a_policy_has_no_policy_host() -> None:
    assert plan().policy_host is None
    assert plan(sts={}).policy_host is not None


def test_one_scenario_has_one_plan() -> None:
    assert plan(sts={"cached": "older"}) == plan(sts={"cached": "older"})

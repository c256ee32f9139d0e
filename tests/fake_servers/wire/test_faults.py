"""Faults of the wire as values: what they make of an event."""

import pytest

from mailfault_servers.action import CutLink, Hang, Listen, LosePackets, Send, Unreachable
from mailfault_servers.fault import all_faults, find_fault
from mailfault_servers.network import LOOPBACK, NetworkLacks
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tcp.event import PortOpening


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ("wire.network-unreachable", "network"),
        ("wire.host-unreachable", "host"),
        ("wire.port-unreachable", "port"),
        ("wire.prohibited", "prohibited"),
    ],
)
def test_a_port_that_cannot_be_reached(fault: str, what: str) -> None:
    made = find_fault(fault).model_validate({"address": 2})
    first, second = (PortOpening(address="198.18.0.10", number=number) for number in (1, 2))
    assert tuple(made.react(first, (Listen(),))) == (Listen(),)
    assert tuple(made.react(second, (Listen(),))) == (Unreachable(what),)  # type: ignore[arg-type]


def test_a_link_that_goes_down_for_good_or_for_a_while() -> None:
    event = ReplyReady(stage=Stage.RCPT, encrypted=False)
    link_down = find_fault("wire.link-down")
    for_good, for_a_while = (link_down.model_validate({"at": "rcpt", **more}) for more in ({}, {"lasting": "100ms"}))
    assert tuple(for_good.react(event, (Send(b"250 ok\r\n"),))) == (CutLink(), Hang())
    assert tuple(for_a_while.react(event, (Send(b"250 ok\r\n"),))) == (CutLink(0.1), Send(b"250 ok\r\n"))
    other = link_down.model_validate({"at": "ehlo"})
    assert tuple(other.react(event, (Send(b"250 ok\r\n"),))) == (Send(b"250 ok\r\n"),)


@pytest.mark.parametrize(
    ("fault", "settings", "losses"),
    [
        (
            "wire.packet-loss",
            {"every": 3},
            (LosePackets(towards="host", every=3), LosePackets(towards="client", every=3)),
        ),
        ("wire.first-packets-lost", {"count": 2}, (LosePackets(towards="host", first=2),)),
        ("wire.mtu-black-hole", {"mtu": 600}, (LosePackets(towards="host", longer_than=600),)),
        ("wire.mtu-black-hole", {"towards": "client"}, (LosePackets(towards="client", longer_than=576),)),
    ],
)
def test_packets_are_lost_on_the_way_to_a_port_that_is_open(
    fault: str, settings: dict[str, object], losses: tuple[LosePackets, ...]
) -> None:
    made = find_fault(fault).model_validate({"address": 2, **settings})
    first, second = (PortOpening(address="198.18.0.10", number=number) for number in (1, 2))
    assert tuple(made.react(first, (Listen(),))) == (Listen(),)
    assert tuple(made.react(second, (Listen(),))) == (Listen(), *losses)
    assert made.loses_packets


def test_all_of_them_need_a_link_and_no_other_does() -> None:
    assert {cls.layer for cls in all_faults().values() if cls.needs_link} == {"wire"}
    assert all(cls.needs_link for cls in all_faults().values() if cls.layer == "wire")


def test_loopback_says_what_it_lacks() -> None:
    with pytest.raises(NetworkLacks, match=r"loopback cannot answer for 127\.0\.0\.10 by ICMP"):
        LOOPBACK.set_unreachable("127.0.0.10", "host")
    with pytest.raises(NetworkLacks, match="loopback has no link"):
        LOOPBACK.set_link(up=False)
    with pytest.raises(NetworkLacks, match=r"loopback loses no packet for 127\.0\.0\.10"):
        LOOPBACK.set_packet_loss("127.0.0.10", (LosePackets(towards="host"),))
    assert LOOPBACK.lost_packets("127.0.0.10") == 0

"""Faults of the handshake as events in and actions out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pydantic
import pytest

from mailfault_servers.action import Action, Close, Hang, Proceed, Reset, Send, Wait
from mailfault_servers.fault import Event, all_faults, find_fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tls.certificate import CertificateFault, honest_spec
from mailfault_servers.tls.handshake import FlightLeaving, HandshakeDue, ReadClientHello, ShakeHands
from mailfault_servers.tls.record import alert_record
from mailfault_servers.tls.settings import HONEST_SETTINGS, Offer, SettingsWanted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHAKE = (ShakeHands(),)
OFFER = (Offer(HONEST_SETTINGS),)
FLIGHT = (Send(b"\x16\x03\x03\x00\x7a" + bytes(range(122))),)
EHLO_REPLY = (Send(b"250-mx\r\n250-SIZE 1\r\n250-STARTTLS\r\n250 PIPELINING\r\n"),)
READY = (Send(b"220 Ready\r\n"),)
HELLO = ReadClientHello()


def arrived(stage: Stage, line: str = "", *, encrypted: bool = True) -> Event:
    return CommandArrived(stage=stage, line=line, greeting_refused=False, encrypted=encrypted)


def leaving(stage: Stage, *, encrypted: bool = True) -> Event:
    return ReplyReady(stage=stage, encrypted=encrypted)


FIRST, SECOND = FlightLeaving(number=1), FlightLeaving(number=2)
DUE, SETTINGS = HandshakeDue(), SettingsWanted(now=NOW)
READY_LEAVES, EHLO_LEAVES = leaving(Stage.STARTTLS, encrypted=False), leaving(Stage.EHLO)
EHLO_COMES = arrived(Stage.EHLO, "EHLO c")
BYTES = FLIGHT[0].data

# fault, its settings, the event, what is honest, what is done instead
STORIES: tuple[tuple[str, dict[str, Any], Event, Sequence[Action], Sequence[Action]], ...] = (
    ("tls.alert", {"name": "unknown_ca"}, DUE, SHAKE, (HELLO, Send(alert_record("unknown_ca")), Close())),
    ("tls.warning", {}, FIRST, FLIGHT, (Send(alert_record("unrecognized_name", level="warning") + BYTES),)),
    ("tls.plaintext", {"line": "550 no"}, DUE, SHAKE, (HELLO, Send(b"550 no\r\n"), Close())),
    ("tls.unanswered-hello", {}, DUE, SHAKE, (HELLO, Close())),
    ("tls.unanswered-hello", {"how": "silent"}, DUE, SHAKE, (HELLO, Hang())),
    ("tls.unanswered-hello", {"how": "reset", "read": False}, DUE, SHAKE, (Reset(),)),
    ("tls.cut-flight", {"after": 9}, FIRST, FLIGHT, (Send(BYTES[:9]), Close(close_notify=False))),
    ("tls.cut-flight", {"after": 9, "how": "silent"}, FIRST, FLIGHT, (Send(BYTES[:9]), Hang())),
    ("tls.slow-handshake", {"by": "2s"}, FIRST, FLIGHT, (Wait(2.0), *FLIGHT)),
    ("tls.flipped-byte", {}, FIRST, FLIGHT, (Send(BYTES[:-1] + bytes([BYTES[-1] ^ 1])),)),
    ("tls.dripped-flight", {"size": 100}, FIRST, FLIGHT, (Send(BYTES[:100]), Send(BYTES[100:]))),
    ("tls.dripped-flight", {"size": 127, "every": "1s"}, FIRST, FLIGHT, (Send(BYTES), Wait(1.0))),
    ("tls.record-too-long", {}, FIRST, FLIGHT, (Send(BYTES[:3] + b"\xff\xff" + BYTES[5:]),)),
    ("tls.record-version", {}, FIRST, FLIGHT, (Send(b"\x16\x09\x09" + BYTES[3:]),)),
)  # fmt: skip
OF_SETTINGS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("tls.versions", {"oldest": "1.0", "newest": "1.1"}, {"oldest": "1.0", "newest": "1.1"}),
    ("tls.no-shared-cipher", {}, {"newest": "1.2", "ciphers": "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"}),
    ("tls.client-certificate", {"wants": "asked"}, {"client_certificate": "asked"}),
    ("tls.name-refused", {}, {"names": "refused"}),
    ("tls.name-needed", {}, {"names": "needed"}),
    ("tls.nameless-certificate", {"name": "x.invalid"},
     {"nameless": replace(honest_spec("x.invalid", NOW), issuer="self")}),
)  # fmt: skip
SEEN_ON_THE_WIRE = {"tls.garbage", "tls.http", "tls.unoffered-cipher"}
"""Faults tested in test_starttls.py: only a client can read their bytes."""
EVERY_EVENT = (
    (DUE, SHAKE), (SETTINGS, OFFER), (FIRST, FLIGHT), (SECOND, FLIGHT), (READY_LEAVES, READY), (EHLO_LEAVES, EHLO_REPLY),
    (EHLO_COMES, (Proceed(),)), (arrived(Stage.RCPT), (Proceed(),)), (leaving(Stage.QUIT, encrypted=False), READY),
)  # fmt: skip


def of_handshakes() -> list[str]:
    return [
        identity
        for identity, cls in all_faults().items()
        if cls.layer == "tls" and not issubclass(cls, CertificateFault)
    ]


def test_every_fault_of_handshakes_has_its_story() -> None:
    told = {story[0] for story in STORIES} | {story[0] for story in OF_SETTINGS} | SEEN_ON_THE_WIRE
    assert told == set(of_handshakes())


@pytest.mark.parametrize(("use", "settings", "event", "honest", "done"), STORIES)
def test_what_is_done_instead(
    use: str, settings: dict[str, Any], event: Event, honest: Sequence[Action], done: Sequence[Action]
) -> None:
    assert tuple(find_fault(use).model_validate(settings).react(event, honest)) == tuple(done)


@pytest.mark.parametrize(("use", "settings", "changed"), OF_SETTINGS)
def test_only_these_terms_are_changed(use: str, settings: dict[str, Any], changed: dict[str, Any]) -> None:
    (offer,) = find_fault(use).model_validate(settings).react(SETTINGS, OFFER)
    assert isinstance(offer, Offer)
    names = type(offer.settings).__dataclass_fields__
    different = {name for name in names if getattr(offer.settings, name) != getattr(HONEST_SETTINGS, name)}
    assert {name: getattr(offer.settings, name) for name in different} == changed


@pytest.mark.parametrize("use", of_handshakes())
def test_a_fault_acts_on_one_kind_of_event(use: str) -> None:
    fault = find_fault(use)()
    acted = [
        type(event).__name__ for event, honest in EVERY_EVENT if tuple(fault.react(event, honest)) != tuple(honest)
    ]
    assert len(set(acted)) <= 1
    assert tuple(fault.react(Event(), (Close(),))) == (Close(),)


@pytest.mark.parametrize(
    ("use", "settings", "words"),
    [
        ("tls.versions", {"oldest": "1.3", "newest": "1.2"}, "newer than"),
        ("tls.alert", {"name": "no_such"}, "handshake_failure"),
        ("tls.cut-flight", {"after": 0}, "greater than or equal to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(use: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=words):
        find_fault(use).model_validate(settings)

"""Faults that Toxiproxy carries out: the toxics that they request."""

import pytest
from pydantic import ValidationError

from mailfault_servers.fault import all_faults, find_fault
from mailfault_servers.proxy.toxic_fault import ToxicFault
from tests.fake_servers.toxiproxy.server_under_test import embedded_server

TOXIC_FAULTS = [kind for kind in all_faults().values() if issubclass(kind, ToxicFault)]


def test_toxiproxy_takes_the_toxic_of_every_fault() -> None:
    with embedded_server() as server:
        server.proxy("mail")
        for kind in TOXIC_FAULTS:
            toxic = kind().toxic()
            wanted = {"type": toxic.type, "stream": toxic.stream, "attributes": dict(toxic.attributes)}
            made = server.ask("POST", "/proxies/mail/toxics", wanted)
            assert made.status == 200, made.text
            assert made.json["attributes"].items() >= dict(toxic.attributes).items()
    assert len(TOXIC_FAULTS) >= 7


def test_a_slicer_that_toxiproxy_refuses_cannot_be_written() -> None:
    slicer = find_fault("proxy.slicer")
    slicer.model_validate({"size": 3, "variation": 3})
    with pytest.raises(ValidationError, match="variation 4 is larger than size 3"):
        slicer.model_validate({"size": 3, "variation": 4})

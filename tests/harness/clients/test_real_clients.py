"""Real clients, unmodified, in the sandbox: each is taken through one scenario of each kind. What is found to be wrong
with one is asserted as it is, so that its change is seen."""

import os

import pytest

from harness.clients import open_client
from harness.sandbox.sandbox import NoSandbox, shared_sandbox
from tests.harness.clients.representative import MX, SMART_HOST, endings, installed

ROUTES = {
    "postfix": (*SMART_HOST, *MX),
    "exim": (*SMART_HOST, *MX),
    "swaks": SMART_HOST,
    "msmtp": SMART_HOST,
    "curl": SMART_HOST,
    "nodemailer": SMART_HOST,
    "go-smtp": SMART_HOST,
    "go-mail": SMART_HOST,
    "perl-net-smtp": SMART_HOST,
}
FOUND = {
    # swaks 20201014 verifies the chain with --tls-verify, and no name.
    ("swaks", "tls/certificate-domain-name[route=smart-host]"): "unsafe",
}
NEEDED = os.environ.get("MAILFAULT_NEEDS_CLIENTS", "").split()
"""Clients that have to be there, as in CI: that they are not is a failure."""


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    try:
        shared_sandbox()
    except NoSandbox as reason:
        if os.environ.get("MAILFAULT_NEEDS_SANDBOX"):
            raise
        pytest.skip(f"no sandbox here: {reason}")


@pytest.mark.parametrize("spec", ROUTES)
def test_a_representative_set(spec: str) -> None:
    if not installed(spec) and spec not in NEEDED:
        pytest.skip(f"{spec} is not installed; `mailfault clients` says how to")
    client = open_client(spec)
    try:
        told = endings(client, *ROUTES[spec])
    finally:
        client.close()
    other = {
        identity: (ending, sentence)
        for identity, (ending, sentence) in told.items()
        if ending != FOUND.get((spec, identity), "passed")
    }
    assert other == {}
    assert set(told) == set(ROUTES[spec])

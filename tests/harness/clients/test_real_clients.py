"""Real clients, unmodified, in the sandbox: each plays one scenario of each kind. Known defects are asserted, so that a
change is noticed."""

import os

import pytest

from mailfault.clients import open_client
from mailfault.sandbox.sandbox import NoSandbox, shared_sandbox
from tests.support.representative_scenarios import MX, SMART_HOST, endings, installed

ROUTES = {
    "postfix": (*SMART_HOST, *MX),
    "exim": (*SMART_HOST, *MX),
    "opensmtpd": (*SMART_HOST, *MX),
    "sendmail": (*SMART_HOST, *MX),
    "dma": (*SMART_HOST, *MX),
    "nullmailer": SMART_HOST,
    "swaks": SMART_HOST,
    "msmtp": SMART_HOST,
    "s-nail": SMART_HOST,
    "curl": SMART_HOST,
    "nodemailer": SMART_HOST,
    "go-smtp": SMART_HOST,
    "go-mail": SMART_HOST,
    "perl-net-smtp": SMART_HOST,
    "lettre": SMART_HOST,
    "angus-mail": SMART_HOST,
}
FOUND = {
    # swaks 20201014 verifies the chain with --tls-verify, and no name.
    "swaks": {"tls/certificate-domain-name[route=smart-host]": "unsafe"},
    "opensmtpd": {
        "control/plain[route=mx]": "unsupported",  # it cannot be told not to use STARTTLS
        "connect/no-answer[route=smart-host]": "unsupported",  # it waits for five minutes
        "smtp/greeting-silence": "unsupported",
        "dns/null-mx": "misclassified",  # 6.8.0p2 tries again for days (RFC 7505 4)
    },
    "dma": {
        "connect/no-answer[route=smart-host]": "unsupported",  # it waits for five minutes
        "smtp/greeting-silence": "unsupported",
        "tls/certificate-expired[route=smart-host]": "unsupported",  # it verifies none
        "tls/certificate-domain-name[route=smart-host]": "unsupported",
        "tls/certificate-expired[route=mx]": "unsupported",
        # 0.13 takes the end of the connection for a reply that has yet to come, and asks for it without a rest.
        "smtp/ehlo-close[route=smart-host]": "hung",
        "smtp/end-of-data-close[route=smart-host]": "hung",
        "dns/null-mx": "misclassified",
    },
    "sendmail": {
        "dns/smart-host-name-gone": "misclassified",  # 8.17 returns the mail: "Host unknown"
    },
    "s-nail": {"smtp/greeting-silence": "unsupported"},  # it waits for 42 seconds
    "nullmailer": {
        # 2.2 does not say at which stage a reply was given, and returns the mail on any 5xx.
        "smtp/greeting-421[route=smart-host]": "misclassified",
        "tls/starttls-missing[route=smart-host,tls=required]": "misclassified",
        "tls/starttls-refused[route=smart-host,tls=required]": "misclassified",
    },
    "lettre": {
        # 0.11.23 does not say to which command a reply was given.
        "smtp/greeting-421[route=smart-host]": "misclassified",
        "tls/starttls-refused[route=smart-host,tls=required]": "misclassified",
    },
}
"""Endings of the scenarios that the client does not pass."""
NEEDED = os.environ.get("MAILFAULT_NEEDS_CLIENTS", "").split()
"""Clients that must be installed, as in CI: a missing one is a failure."""


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    try:
        shared_sandbox()
    except NoSandbox as reason:
        if os.environ.get("MAILFAULT_NEEDS_SANDBOX"):
            raise
        pytest.skip(f"no sandbox here: {reason}")


@pytest.mark.client
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
        if ending != FOUND.get(spec, {}).get(identity, "passed")
    }
    assert other == {}
    assert set(told) == set(ROUTES[spec])

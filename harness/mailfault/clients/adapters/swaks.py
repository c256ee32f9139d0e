"""`swaks`: the Swiss Army Knife for SMTP, to a smart host.

Its exit status and the dialogue that it prints are read through swaks.toml.
"""

import re
from dataclasses import replace
from math import ceil

from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.probe import Lack
from mailfault.clients.process.program_client import Invocation, program_adapter, read_by_profile
from mailfault.clients.process.run_program import Finished
from mailfault.contract import DeliveryResult, Target, TlsPolicy

_NEXT_LINE = re.compile(r"(?<=\d\d\d-)(?P<words>[^\n]*)\n<(?:\*\*|~\*) +(?=\d\d\d[ -])")


def arguments(invocation: Invocation) -> list[str]:
    """Return the command for one delivery (swaks(1))."""
    target = invocation.target
    limit_s = ceil(max(target.limits.connect_s, target.limits.command_s))
    words = ["swaks", "--server", invocation.host, "--port", str(target.smtp_port), "--timeout", f"{limit_s}s"]
    words += ["--helo", HELLO_NAME, "--from", target.sender, "--to", ",".join(target.recipients)]
    words += ["--data", f"@{invocation.message}", "--suppress-data"]
    match target.tls:
        case TlsPolicy.NONE:
            pass
        case TlsPolicy.OPPORTUNISTIC:
            words += ["--tls-optional"]
        case TlsPolicy.REQUIRED:
            words += ["--tls"]
        case TlsPolicy.VERIFIED:
            words += ["--tls", "--tls-verify", "--tls-ca-path", str(target.ca_file)]
    return words


def read(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    """Remove the mark that swaks puts before each further line of a reply, then read by the profile."""
    return read_by_profile(profile, replace(finished, stdout=_NEXT_LINE.sub(r"\g<words>\n", finished.stdout)), target)


ADAPTER = program_adapter(
    "swaks",
    "the Swiss Army Knife for SMTP, to a smart host",
    arguments=arguments,
    read=read,
    features=["--support"],
    # Net::DNS is not needed: swaks looks up MX records with it, and is always told the server.
    lacks=[
        Lack(pattern=r"^\*\*\* (TLS|IPv6|Socket Transport) not available: requires (.*)$", missing="{0}: it needs {1}")
    ],
    how_to_install="apt-get install swaks libnet-ssleay-perl libio-socket-inet6-perl",
)

"""`msmtp`: a sendmail for machines with a smart host.

Its exit status (sysexits.h) and what it prints on stderr are read through msmtp.toml.
"""

import shlex
from dataclasses import replace
from math import ceil

from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.probe import Lack
from mailfault.clients.process.program_client import Invocation, program_adapter, read_by_profile
from mailfault.clients.process.run_program import Finished
from mailfault.contract import DeliveryResult, Target, TlsPolicy


def arguments(invocation: Invocation) -> list[str]:
    """Return the command for one delivery (msmtp(1)). With --host, msmtp reads no configuration."""
    target = invocation.target
    limit_s = ceil(max(target.limits.connect_s, target.limits.command_s))
    words = ["msmtp", f"--host={invocation.host}", f"--port={target.smtp_port}", f"--timeout={limit_s}"]
    words += [f"--from={target.sender}", f"--domain={HELLO_NAME}"]
    if target.tls in (TlsPolicy.NONE, TlsPolicy.OPPORTUNISTIC):  # scenarios that tell these apart: see msmtp.toml
        words += ["--tls=off"]
    else:
        words += ["--tls=on", "--tls-starttls=on"]
        is_verified = target.tls is TlsPolicy.VERIFIED
        words += [f"--tls-trust-file={target.ca_file}"] if is_verified else ["--tls-certcheck=off"]
        words += [f"--tls-host-override={target.smart_host}"] if is_verified and invocation.addresses else []
        words += [f"--tls-crl-file={target.crl_file}"] if target.crl_file is not None else []
    command = shlex.join([*words, "--", *target.recipients])
    return ["sh", "-c", f"exec {command} < {shlex.quote(str(invocation.message))}"]


def read(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    """Remove msmtp's name from each line of a reply, then read by the profile."""
    stderr = finished.stderr.replace("msmtp: server message: ", "")
    return read_by_profile(profile, replace(finished, stderr=stderr), target)


ADAPTER = program_adapter(
    "msmtp",
    "a sendmail for machines with a smart host",
    arguments=arguments,
    read=read,
    lacks=[Lack(pattern=r"^TLS/SSL library: none$", missing="TLS in this build")],
    how_to_install="apt-get install msmtp",
)

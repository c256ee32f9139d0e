"""`msmtp`: the sendmail for those who have a smart host. Its exit status (sysexits.h) and its words on stderr are read
through msmtp.toml."""

import functools
import shlex
from dataclasses import replace
from math import ceil

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.program_client import ProgramClient, Told, read_by_profile, version_of
from mailfault.clients.process.run_program import Finished
from mailfault.contract import DeliveryResult, Target, TlsPolicy

_INSTALL = "apt-get install msmtp"


def arguments(told: Told) -> list[str]:
    """What msmtp is told, as msmtp(1) has it: with --host it reads no configuration."""
    target = told.target
    limit_s = ceil(max(target.limits.connect_s, target.limits.command_s))
    words = ["msmtp", f"--host={told.host}", f"--port={target.smtp_port}", f"--timeout={limit_s}"]
    words += [f"--from={target.sender}", f"--domain={HELLO_NAME}"]
    if target.tls in (TlsPolicy.NONE, TlsPolicy.OPPORTUNISTIC):  # what tells them apart is unsupported, see msmtp.toml
        words += ["--tls=off"]
    else:
        words += ["--tls=on", "--tls-starttls=on"]
        checks = target.tls is TlsPolicy.VERIFIED
        words += [f"--tls-trust-file={target.ca_file}"] if checks else ["--tls-certcheck=off"]
        words += [f"--tls-host-override={target.smart_host}"] if checks and told.host != target.smart_host else []
        words += [f"--tls-crl-file={target.crl_file}"] if target.crl_file is not None else []
    # The message comes on stdin.
    return ["sh", "-c", f"exec {shlex.join([*words, '--', *target.recipients])} < {shlex.quote(str(told.message))}"]


def _read(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    """A reply of several lines, each with msmtp's name before it, as the server said it."""
    return read_by_profile(
        profile, replace(finished, stderr=finished.stderr.replace("msmtp: server message: ", "")), target
    )


@functools.cache
def _version() -> str | None:
    return version_of("msmtp", r"version (\S+)")


def _open(what: str, profile: ClientProfile | None) -> Client:
    version = _version()
    if version is None:
        raise ClientError(f"--client msmtp: there is no program 'msmtp' on the PATH; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("msmtp")
    return ProgramClient("msmtp", f"msmtp {version}", profile=profile, arguments=arguments, read=_read)


ADAPTER = Adapter(
    name="msmtp",
    what="the sendmail for those who have a smart host",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)

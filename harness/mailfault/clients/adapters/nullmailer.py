"""`nullmailer`: the relay-only agent with a queue of its own, which nullmailer-send goes through once. What became of
the message is read from what it prints, through nullmailer.toml."""

import functools
import os
import re
from math import ceil
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentClient, Laid, Said
from mailfault.clients.process.mta.installed import Found, find, package_version, unpacking
from mailfault.clients.process.mta.machine import on_a_machine_with
from mailfault.clients.process.mta.spool import Spool
from mailfault.contract import Outcome, Server, Target, TlsPolicy

_OVER = re.compile(r"^Delivery complete, (?P<left>\d+) message\(s\) remain\.$", re.MULTILINE)
_OF_THE_QUEUE = re.compile(
    r"^(?:Rescanning queue|Trigger pulled|Starting delivery|Delivery complete|Sent file|From: <|Message-I[Dd]: "
    r"|Warning: |Moving message|Generating bounce|Deleting message)"
)
_GIVEN_UP = re.compile(r"^(?:Generating bounce|Moving message \S+ into failed queue)", re.MULTILINE)


def said_in(output: Path, target: Target) -> dict[str, Said]:
    """What it printed about the message, once it has been through its queue: the same for all recipients."""
    text = output.read_text("utf-8", "backslashreplace") if output.is_file() else ""
    over = _OVER.search(text)
    if over is None:
        return {}
    if _GIVEN_UP.search(text):
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.DELIVERED if over["left"] == "0" else Outcome.DEFERRED
    told = "\n".join(line for line in text.splitlines() if not _OF_THE_QUEUE.match(line))
    said = Said(outcome=outcome, told=told, text=told, server=Server(name=target.smart_host))
    return {one.lower(): said for one in target.recipients}


def settings(target: Target, ca_file: Path, crl_file: Path | None) -> dict[str, str]:
    """The files of /etc/nullmailer, as nullmailer-send(8) has them."""
    options = [f"{target.smart_host} smtp --port={target.smtp_port}"]
    if target.tls in (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED):  # opportunistic: see nullmailer.toml
        options += ["--starttls", f"--x509cafile={ca_file}"]
        options += ["--insecure"] if target.tls is TlsPolicy.REQUIRED else []
        options += [f"--x509crlfile={crl_file}"] if crl_file is not None else []
    return {
        "helohost": HELLO_NAME,
        "remotes": " ".join(options),
        "pausetime": "0",  # through the queue once, and out
        "sendtimeout": str(ceil(target.limits.connect_s + target.limits.command_s)),
    }


def _lay_out(found: Found, spool: Spool, target: Target) -> Laid:
    layer = spool.folder("layer")
    trusted = spool.file("authority.pem", target.ca_file.read_bytes())
    revoked = spool.file("revoked.pem", target.crl_file.read_bytes()) if target.crl_file is not None else None
    spool.folder("layer/etc/nullmailer")
    for name, value in settings(target, trusted, revoked).items():
        spool.file(f"layer/etc/nullmailer/{name}", f"{value}\n")
    for name in ("queue", "tmp", "failed"):
        spool.folder(f"layer/var/spool/nullmailer/{name}", mode=0o700, owner="mail")
    os.mkfifo(spool.path / "layer/var/spool/nullmailer/trigger")
    spool.file("layer/etc/mailname", f"{HELLO_NAME}\n")
    envelope = "".join(f"{one}\n" for one in (target.sender, *target.recipients)).encode()
    spool.file("queued", envelope + b"\n" + target.message.replace(b"\r\n", b"\n"))
    output = spool.path / "output"
    return Laid(
        command=on_a_machine_with(
            [*found.layers, layer],
            ["/usr/sbin/nullmailer-send"],
            spool=spool.path,
            first=[["sh", "-c", f"/usr/sbin/nullmailer-queue < {spool.path}/queued"]],
        ),
        said=lambda: said_in(output, target),
    )


def _program() -> Found | None:
    return find("nullmailer", "/usr/sbin/nullmailer-send")


@functools.cache
def _version() -> str | None:
    found = _program()
    return package_version(found, "nullmailer") if found is not None else None


def _open(what: str, profile: ClientProfile | None) -> Client:
    found = _program()
    if found is None:
        raise ClientError(f"--client nullmailer: nullmailer is not installed; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("nullmailer", outcomes_known=True)
    lay_out = functools.partial(_lay_out, found)
    return AgentClient("nullmailer", f"nullmailer {_version()}", profile=profile, lay_out=lay_out)


_INSTALL = f"apt-get install nullmailer, or: {unpacking('nullmailer')}"

ADAPTER = Adapter(
    name="nullmailer",
    what="the relay-only agent: its queue, gone through once",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)

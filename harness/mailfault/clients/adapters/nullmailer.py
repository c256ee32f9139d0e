"""`nullmailer`: an agent that only relays, with its own queue, processed once by nullmailer-send.

What it prints is read through nullmailer.toml.
"""

import os
import re
from math import ceil
from pathlib import Path

from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentSetup, RecipientStatus, agent_adapter
from mailfault.clients.process.mta.installed import InstalledAgent
from mailfault.clients.process.mta.overlay_root import in_overlay_root
from mailfault.clients.process.mta.spool import Spool
from mailfault.contract import Outcome, Server, Target, TlsPolicy

_FINISHED = re.compile(r"^Delivery complete, (?P<left>\d+) message\(s\) remain\.$", re.MULTILINE)
_QUEUE_MESSAGES = re.compile(
    r"^(?:Rescanning queue|Trigger pulled|Starting delivery|Delivery complete|Sent file|From: <|Message-I[Dd]: "
    r"|Warning: |Moving message|Generating bounce|Deleting message)"
)
_GIVEN_UP = re.compile(r"^(?:Generating bounce|Moving message \S+ into failed queue)", re.MULTILINE)


def statuses_in(output: Path, target: Target) -> dict[str, RecipientStatus]:
    """Return the status of the message once the queue is processed: the same for all recipients."""
    text = output.read_text("utf-8", "backslashreplace") if output.is_file() else ""
    finished = _FINISHED.search(text)
    if finished is None:
        return {}
    if _GIVEN_UP.search(text):
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.DELIVERED if finished["left"] == "0" else Outcome.DEFERRED
    printed = "\n".join(line for line in text.splitlines() if not _QUEUE_MESSAGES.match(line))
    server = Server(name=target.smart_host)
    status = RecipientStatus(outcome=outcome, facts=printed, text=printed, server=server)
    return {recipient.lower(): status for recipient in target.recipients}


def settings(target: Target, ca_file: Path, crl_file: Path | None) -> dict[str, str]:
    """Return the files of /etc/nullmailer by name (nullmailer-send(8))."""
    options = [f"{target.smart_host} smtp --port={target.smtp_port}"]
    if target.tls in (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED):  # for opportunistic TLS see nullmailer.toml
        options += ["--starttls", f"--x509cafile={ca_file}"]
        options += ["--insecure"] if target.tls is TlsPolicy.REQUIRED else []
        options += [f"--x509crlfile={crl_file}"] if crl_file is not None else []
    return {
        "helohost": HELLO_NAME,
        "remotes": " ".join(options),
        "pausetime": "0",  # process the queue once, then exit
        "sendtimeout": str(ceil(target.limits.connect_s + target.limits.command_s)),
    }


def _prepare(agent: InstalledAgent, spool: Spool, target: Target) -> AgentSetup:
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
    envelope = "".join(f"{address}\n" for address in (target.sender, *target.recipients)).encode()
    spool.file("queued", envelope + b"\n" + target.message.replace(b"\r\n", b"\n"))
    output = spool.path / "output"
    return AgentSetup(
        command=in_overlay_root(
            [*agent.layers, layer],
            ["/usr/sbin/nullmailer-send"],
            spool=spool.path,
            first=[["sh", "-c", f"/usr/sbin/nullmailer-queue < {spool.path}/queued"]],
        ),
        statuses=lambda: statuses_in(output, target),
    )


ADAPTER = agent_adapter(
    "nullmailer",
    "nullmailer",
    "an agent that only relays; its queue, processed once",
    prepare=_prepare,
    programs=["/usr/sbin/nullmailer-send"],
)

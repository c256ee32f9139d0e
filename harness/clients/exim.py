"""`exim`: Exim with a spool of its own, one delivery in the foreground (-odf). What became of the message is read from
its main log, through exim.toml."""

import functools
import re
from dataclasses import replace
from math import ceil
from pathlib import Path

from harness.clients.client import Adapter, Client, ClientError
from harness.clients.client_profile import ClientProfile, shipped_profile
from harness.clients.command import clean_environment
from harness.clients.mail_hosts import HELLO_NAME, check_known
from harness.clients.mta.installed import UNPACK, find
from harness.clients.mta.overlay import Users, overlaid
from harness.clients.mta.spool import Spool
from harness.clients.mta.watch import run_until
from harness.clients.recipients import whole_of
from harness.contract import (
    Answer,
    Answered,
    Crashed,
    Declined,
    Ended,
    Hung,
    Outcome,
    Policy,
    Route,
    Server,
    Target,
    TlsPolicy,
    Unsupported,
)

_OUTCOMES = {"=>": Outcome.DELIVERED, "->": Outcome.DELIVERED, "==": Outcome.DEFERRED, "**": Outcome.FAILED}
_LINE = re.compile(r"^\S+ \S+ \S+ (?P<mark>=>|->|==|\*\*) (?P<recipient>[^\s:]+@[^\s:]+):? (?P<rest>.*)$", re.MULTILINE)
_HOST = re.compile(r"\bH=(?P<name>\S+) \[(?P<address>[^\]]+)\]")
_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|[nrt])")
_NAMED = {"n": "\n", "r": "\r", "t": "\t"}
_USER = "Debian-exim"


class EximClient:
    """Exim, one process a delivery."""

    needs_sandbox = True

    def __init__(self, program: Path, version: str, *, profile: ClientProfile) -> None:
        self.spec = "exim"
        self.name = f"Exim {version}"
        self._program = program
        self._profile = profile

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> Ended:
        try:
            check_known(target)
        except Unsupported as refusal:
            return Declined(str(refusal))
        place = target.place
        assert place is not None, "it needs the sandbox, and says so"
        with Spool("exim") as spool:
            try:
                users = Users(spool, _USER)
                folder = spool.folder("spool", mode=0o750, owner=users.number(_USER))
                # A private root may lie where only its owner gets to, and Exim starts itself again as its own user.
                program = spool.file("exim", "", mode=0o755)
                trusted = spool.file("authority.pem", target.ca_file.read_bytes())
                revoked = (
                    spool.file("revoked.pem", target.crl_file.read_bytes()) if target.crl_file is not None else None
                )
                target = replace(target, ca_file=trusted, crl_file=revoked)  # where Exim's own user can read them
                configuration = spool.file("exim.conf", written(folder, target, program=program))
                message = spool.file("message", target.message.replace(b"\r\n", b"\n"))
            except OSError as error:
                return Declined(f"Exim needs root: {error}")
            log, output = folder / "log/mainlog", spool.path / "output"
            submit = [str(program), "-C", str(configuration), "-odf", "-oi", "-f", target.sender]
            lines, in_time = run_until(
                overlaid({**users.over, self._program: program}, [*submit, *target.recipients], stdin=message),
                lambda: _said_for_all(log, target.recipients),
                place=place,
                environment=clean_environment() | {"LC_ALL": "C"},
                output=output,
                deadline_s=deadline_s,
            )
            if lines is None and not in_time:
                return Hung(deadline_s)
            if lines is None:
                words = "".join(
                    one.read_text("utf-8", "replace")
                    for one in (output, log, log.with_name("paniclog"))
                    if one.is_file()
                )
                return Crashed(f"Exim did not come to a delivery: {' / '.join(words.splitlines()[-5:])}")
            return self._read(lines, dane="dane " if Policy.DANE in target.policies else "")

    def close(self) -> None:
        pass

    def _read(self, lines: dict[str, re.Match[str]], *, dane: str) -> Ended:
        each: dict[str, Answer] = {}
        for recipient, found in lines.items():
            told = _unescaped(f"{dane}{found['mark']} {found['rest']}")
            outcome = _OUTCOMES[found["mark"]]
            host = _HOST.search(told)
            server = Server(name=host["name"], address=host["address"]) if host is not None else None
            if outcome is Outcome.DELIVERED:
                each[recipient] = Answer(outcome=outcome, server=server)
                continue
            answer = self._profile.read(0, told, outcome=outcome)
            if answer is None:
                return Crashed(f"exim.toml has no rule for this: {told}")
            each[recipient] = replace(answer, text=found["rest"], server=answer.server or server)
        return Answered(whole_of(each))


def _unescaped(logged: str) -> str:
    """A line as it was before the log escaped what does not print (string_printing(), src/string.c)."""
    octets = _ESCAPE.sub(lambda one: _NAMED.get(one[1]) or chr(int(one[1], 8)), logged)
    return octets.encode("latin-1", "replace").decode("utf-8", "backslashreplace")


def _said_for_all(log: Path, recipients: tuple[str, ...]) -> dict[str, re.Match[str]] | None:
    """The log's last line about each recipient, once it has one for all of them."""
    try:
        text = log.read_text("utf-8", "backslashreplace")
    except OSError:
        return None
    lines = {found["recipient"].lower(): found for found in _LINE.finditer(text)} if text.endswith("\n") else {}
    if not all(one.lower() in lines for one in recipients):
        return None
    return {one: lines[one.lower()] for one in recipients}


def written(folder: Path, target: Target, *, program: Path) -> str:
    """The configuration, as the Exim specification has it."""
    dane = Policy.DANE in target.policies
    smart = target.route is Route.SMART_HOST
    route = (
        f"  driver = manualroute\n  route_list = * {target.smart_host}\n  host_find_failed = defer\n"
        if smart
        else "  driver = dnslookup\n"
    )
    main = {
        "primary_hostname": HELLO_NAME,
        "exim_path": str(program),
        "spool_directory": str(folder),
        "log_file_path": f"{folder}/log/%slog",
        "keep_environment": "",
        "trusted_users": "root",
        "qualify_domain": HELLO_NAME,
        "dns_dnssec_ok": "1" if dane else "-1",
    }
    return (
        "".join(f"{key} = {value}\n" for key, value in main.items())
        + "begin routers\n"
        # Bounces go to the sender, who is local; nothing is done with them.
        + f"local:\n  driver = redirect\n  domains = {HELLO_NAME}\n  data = :blackhole:\n"
        + f"remote:\n{route}  transport = smtp\n  no_more\n"
        + "begin transports\nsmtp:\n  driver = smtp\n"
        + "".join(f"  {key} = {value}\n" for key, value in transport(target).items())
        + "begin retry\n*  *  F,24h,5m\n"
    )


def transport(target: Target) -> dict[str, str]:
    """The options of the smtp transport."""
    command = f"{ceil(target.limits.command_s)}s"
    told = {
        "connect_timeout": f"{ceil(target.limits.connect_s)}s",
        "command_timeout": command,
        "data_timeout": command,
        "final_timeout": command,
        "tls_verify_certificates": str(target.ca_file),
        "hosts_try_dane": "*" if Policy.DANE in target.policies else "",
    }
    if target.crl_file is not None:
        told["tls_crl"] = str(target.crl_file)
    match target.tls:
        case TlsPolicy.NONE:
            told["hosts_avoid_tls"] = "*"
        case TlsPolicy.OPPORTUNISTIC:
            pass
        case TlsPolicy.REQUIRED:
            told["hosts_require_tls"] = "*"
        case TlsPolicy.VERIFIED:
            told |= {"hosts_require_tls": "*", "tls_verify_hosts": "*", "tls_verify_cert_hostnames": "*"}
    return told


def _program() -> Path | None:
    return find("/usr/sbin/exim4", "/usr/sbin/exim")


@functools.cache
def _version() -> str | None:
    program = _program()
    if program is None:
        return None
    found = re.search(r"\x00(4\.[89]\d(?:\.\d+)?)\x00", program.read_bytes().decode("latin-1"))
    return found[1] if found is not None else "of unknown version"


def _open(what: str, profile: ClientProfile | None) -> Client:
    program, version = _program(), _version()
    if program is None or version is None:
        raise ClientError(f"--client exim: Exim is not installed; {_INSTALL}")
    return EximClient(
        program, version, profile=profile if profile is not None else shipped_profile("exim", outcomes_known=True)
    )


_INSTALL = f"apt-get install exim4-daemon-light, or: {UNPACK}"

ADAPTER = Adapter(
    name="exim",
    what="the mail transfer agent, one delivery in the foreground",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)

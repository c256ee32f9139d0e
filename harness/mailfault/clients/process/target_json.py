"""A target for programs, as environment variables (`command:`) or as a JSON object (`worker:`), written and read."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast

from mailfault.clients.process.environment import PREFIX
from mailfault.contract import CONTRACT, Limits, Policy, Route, Target, TlsPolicy

_Kind = TypeVar("_Kind", bound=StrEnum)

PLACEHOLDERS = (
    "contract", "route", "smart_host", "smtp_port", "dns", "tls", "ca_file", "crl_file", "policy", "https_port",
    "cached_policy", "sender", "recipient", "message", "connect_timeout", "command_timeout", "dns_timeout", "attempt",
    "result",
)  # fmt: skip
"""Names that may stand in braces in a command: those of the variables, without the prefix, in lower case."""


def target_to_environment(target: Target, *, message: Path, result: Path) -> Mapping[str, str]:
    """Return the variables of the contract. Those without a value (no smart host, no revocation list) are left out."""
    limits = target.limits
    address, port = target.dns
    variables = {
        "CONTRACT": str(CONTRACT),
        "ROUTE": str(target.route),
        "SMART_HOST": target.smart_host,
        "SMTP_PORT": str(target.smtp_port),
        "DNS": f"[{address}]:{port}" if ":" in address else f"{address}:{port}",
        "TLS": str(target.tls),
        "CA_FILE": str(target.ca_file),
        "CRL_FILE": str(target.crl_file) if target.crl_file is not None else None,
        "POLICY": " ".join(target.policies) or None,
        "HTTPS_PORT": str(target.https_port) if target.https_port is not None else None,
        "CACHED_POLICY": str(target.cached_policy_file) if target.cached_policy_file is not None else None,
        "SENDER": target.sender,
        "RECIPIENT": " ".join(target.recipients),
        "MESSAGE": str(message),
        "CONNECT_TIMEOUT": _seconds(limits.connect_s),
        "COMMAND_TIMEOUT": _seconds(limits.command_s),
        "DNS_TIMEOUT": _seconds(limits.dns_s),
        "ATTEMPT": str(target.attempt),
        "RESULT": str(result),
    }
    return {PREFIX + key: value for key, value in variables.items() if value is not None}


def target_to_json(target: Target, *, message: Path) -> dict[str, Any]:
    """Return the target as one JSON object, the message as the path of its file."""
    limits = target.limits
    return {
        "route": str(target.route),
        "smart_host": target.smart_host,
        "smtp_port": target.smtp_port,
        "dns": {"address": target.dns[0], "port": target.dns[1]},
        "tls": str(target.tls),
        "ca_file": str(target.ca_file),
        "crl_file": str(target.crl_file) if target.crl_file is not None else None,
        "policies": [str(policy) for policy in target.policies],
        "https_port": target.https_port,
        "cached_policy_file": str(target.cached_policy_file) if target.cached_policy_file is not None else None,
        "sender": target.sender,
        "recipients": list(target.recipients),
        "message": str(message),
        "limits": {"connect_s": limits.connect_s, "command_s": limits.command_s, "dns_s": limits.dns_s},
        "attempt": target.attempt,
    }


def target_from_json(data: dict[str, Any]) -> Target:
    """Return the target that `target_to_json` wrote. Reads the file of the message. Raises OSError.

    A route, TLS policy or domain policy of an unknown kind stays a string: the client has to refuse it.
    """
    return Target(
        route=_known(Route, data["route"]),
        smart_host=data["smart_host"],
        smtp_port=data["smtp_port"],
        dns=(data["dns"]["address"], data["dns"]["port"]),
        tls=_known(TlsPolicy, data["tls"]),
        ca_file=Path(data["ca_file"]),
        crl_file=_path(data["crl_file"]),
        policies=tuple(_known(Policy, policy) for policy in data["policies"]),
        https_port=data["https_port"],
        cached_policy_file=_path(data["cached_policy_file"]),
        sender=data["sender"],
        recipients=tuple(data["recipients"]),
        message=Path(data["message"]).read_bytes(),
        limits=Limits(**data["limits"]),
        attempt=data["attempt"],
    )


def _seconds(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _known(kind: type[_Kind], name: str) -> _Kind:
    return kind(name) if name in list(kind) else cast(_Kind, name)


def _path(value: str | None) -> Path | None:
    return None if value is None else Path(value)

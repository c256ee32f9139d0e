"""A target as it is read from the JSON object that a program was told."""

from pathlib import Path
from typing import Any

from mailfault.contract import Limits, Policy, Route, Target, TlsPolicy


def target_of(data: dict[str, Any]) -> Target:
    """The target that `target_json.json_of` wrote. Reads the file of the message. Raises OSError."""
    return Target(
        route=Route(data["route"]),
        smart_host=data["smart_host"],
        smtp_port=data["smtp_port"],
        dns=(data["dns"]["address"], data["dns"]["port"]),
        tls=TlsPolicy(data["tls"]),
        ca_file=Path(data["ca_file"]),
        crl_file=_path(data["crl_file"]),
        policies=tuple(Policy(one) for one in data["policies"]),
        https_port=data["https_port"],
        cached_policy_file=_path(data["cached_policy_file"]),
        sender=data["sender"],
        recipients=tuple(data["recipients"]),
        message=Path(data["message"]).read_bytes(),
        limits=Limits(**data["limits"]),
        attempt=data["attempt"],
    )


def _path(value: str | None) -> Path | None:
    return None if value is None else Path(value)

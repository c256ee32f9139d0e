"""Targets and answers for tests of adapters."""

from pathlib import Path

from mailfault.contract import Answer, Answered, DeliveryResult, Limits, Route, Target, TlsPolicy

USER, OTHER = "user@dest.example", "other@dest.example"


def answer(result: DeliveryResult) -> Answer:
    """Return the answer of a delivery that must have one."""
    assert isinstance(result, Answered), result
    return result.answer


def target(**changed: object) -> Target:
    """Return a target in the sandbox, with these fields changed."""
    fields: dict[str, object] = {
        "route": Route.SMART_HOST,
        "smart_host": "mx1.dest.example",
        "smtp_port": 25,
        "dns": ("198.18.0.2", 53),
        "tls": TlsPolicy.VERIFIED,
        "ca_file": Path("/ca.pem"),
        "crl_file": None,
        "sender": "sender@client.example",
        "recipients": (USER,),
        "message": b"\r\n",
        "limits": Limits(connect_s=0.4, command_s=1.5),
    }
    return Target(**(fields | changed))  # type: ignore[arg-type]

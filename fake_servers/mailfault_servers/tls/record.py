"""TLS records as bytes (RFC 8446 5.1): pure functions that make, change and describe them."""

import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

HEADER_BYTES = 5
"""Bytes before the content of each record: content type, version (two) and length (two)."""
_ALERT = 21
_VERSION = b"\x03\x03"
_LEVELS = {"warning": 1, "fatal": 2}
_BEFORE_SESSION_ID = HEADER_BYTES + 4 + 2 + 32
"""Offset of the session id's length in a ServerHello: after handshake header, version and random (4.1.3)."""

AlertName = Literal[
    "close_notify", "unexpected_message", "bad_record_mac", "record_overflow", "handshake_failure",
    "bad_certificate", "unsupported_certificate", "certificate_revoked", "certificate_expired",
    "certificate_unknown", "illegal_parameter", "unknown_ca", "access_denied", "decode_error", "decrypt_error",
    "protocol_version", "insufficient_security", "internal_error", "inappropriate_fallback", "user_canceled",
    "missing_extension", "unsupported_extension", "unrecognized_name", "bad_certificate_status_response",
    "unknown_psk_identity", "certificate_required", "no_application_protocol",
]  # fmt: skip
"""Names of alerts in RFC 8446 6."""
_NOT_IN_SSL = {
    "inappropriate_fallback": 86,
    "user_canceled": 90,
    "missing_extension": 109,
    "certificate_required": 116,
    "no_application_protocol": 120,
}
"""Alerts that `ssl.AlertDescription` lacks, or spells otherwise."""
ALERTS: Mapping[str, int] = MappingProxyType(
    {
        name: _NOT_IN_SSL[name] if name in _NOT_IN_SSL else ssl.AlertDescription[f"ALERT_DESCRIPTION_{name.upper()}"]
        for name in get_args(AlertName)
    }
)
"""The code of each alert."""


def alert_record(name: AlertName, *, level: Literal["warning", "fatal"] = "fatal") -> bytes:
    """Return one alert, not encrypted: seven bytes."""
    return bytes([_ALERT]) + _VERSION + b"\x00\x02" + bytes([_LEVELS[level], ALERTS[name]])


def with_length(flight: bytes, length: int) -> bytes:
    """Set the length of a flight's first record."""
    return flight[:3] + length.to_bytes(2, "big") + flight[HEADER_BYTES:]


def with_version(flight: bytes, version: int) -> bytes:
    """Set the version of a flight's first record; TLS has 0x0301 to 0x0303 (5.1)."""
    return flight[:1] + version.to_bytes(2, "big") + flight[3:]


def with_cipher(flight: bytes, cipher: int) -> bytes:
    """Set the cipher suite in a flight's ServerHello."""
    at = _BEFORE_SESSION_ID + 1 + flight[_BEFORE_SESSION_ID]
    return flight[:at] + cipher.to_bytes(2, "big") + flight[at + 2 :]


def described(data: bytes) -> str:
    """Describe bytes sent in place of a handshake, in words that follow "the server sent"."""
    if len(data) == HEADER_BYTES + 2 and data[0] == _ALERT:
        return f"the alert {_alert_name(data[-1])!r}"
    line = data.partition(b"\r\n")[0]
    if line.isascii() and line.decode("ascii").isprintable():
        return repr(line.decode("ascii"))
    return f"{len(data)} bytes that are no TLS record"


def changes(flight: bytes, sent: bytes) -> str | None:
    """Describe the difference between a flight and the bytes sent, in such words. Return None if there is none."""
    if sent == flight:
        return None
    if flight.startswith(sent):
        return f"the first {len(sent)} bytes of its flight"
    if sent.endswith(flight):
        return f"{described(sent[: -len(flight)])} before its flight"
    return "a flight that was changed on the way"


def _alert_name(code: int) -> str:
    return next((name for name, number in ALERTS.items() if number == code), str(code)).replace("_", " ")

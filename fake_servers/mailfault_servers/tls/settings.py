"""TLS settings of a server, as a value that faults change: versions, ciphers, SNI, client certificates."""

import ssl
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault
from mailfault_servers.tls.certificate import CertificateSpec

Version = Literal["1.0", "1.1", "1.2", "1.3"]
_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_OLD = frozenset({"1.0", "1.1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """All variable parts of a handshake except the certificate. The defaults are those of an honest host."""

    oldest: Version = "1.2"
    newest: Version = "1.3"
    ciphers: str | None = None
    """OpenSSL's list of cipher suites up to TLS 1.2. None: its default."""
    client_certificate: Literal["unwanted", "asked", "required"] = "unwanted"
    """The request for a client certificate (RFC 8446 4.3.2)."""
    names: Literal["any", "refused", "needed"] = "any"
    """Treatment of the name in the ClientHello (SNI, RFC 6066 3): accept any, refuse all, or demand one."""
    nameless: CertificateSpec | None = None
    """The certificate for a client that names no host. None: the usual one."""


HONEST_SETTINGS = TlsSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsWanted(Event):
    """The server agreed to STARTTLS, and the ClientHello is not yet read. Honest: `Offer(TlsSettings())`."""

    now: datetime


@dataclass(frozen=True, slots=True)
class Offer(Action):
    """Use these settings for the handshake."""

    settings: TlsSettings


class SettingsFault(Fault):
    """A fault that changes the TLS settings of a host."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, SettingsWanted):
            return honest
        return [
            Offer(self.change(action.settings, event)) if isinstance(action, Offer) else action for action in honest
        ]

    def change(self, settings: TlsSettings, wanted: SettingsWanted) -> TlsSettings:
        """Return the settings to use in place of `settings`."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it offers")


def apply_settings(context: ssl.SSLContext, settings: TlsSettings, *, nameless: Callable[[], ssl.SSLContext]) -> None:
    """Apply settings to a server context that has its certificate. `nameless` makes the context without SNI."""
    if settings.newest in _OLD:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL 3 does TLS 1.0 and 1.1 at level 0 only
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fault asks for 1.0 or 1.1
        context.minimum_version = _VERSIONS[settings.oldest]
        context.maximum_version = _VERSIONS[settings.newest]
    if settings.ciphers is not None:
        context.set_ciphers(settings.ciphers)
    if settings.client_certificate != "unwanted":
        context.verify_mode = ssl.CERT_REQUIRED if settings.client_certificate == "required" else ssl.CERT_OPTIONAL
    if settings.names == "any" and settings.nameless is None:
        return

    def on_name(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if settings.names == "refused" and name is not None:
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        if settings.names == "needed" and name is None:
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        if settings.nameless is not None and name is None:
            connection.context = nameless()
        return None

    context.sni_callback = on_name

from dataclasses import replace
from typing import Literal

from mailfault_servers.fault import fault
from mailfault_servers.tls.settings import SettingsFault, SettingsWanted, TlsSettings


@fault
class ClientCertificate(SettingsFault):
    """Ask the client for a certificate of its own (RFC 8446 4.3.2), which a mail client in general does not have.

    Where the server insists, the handshake fails by an alert that speaks of a certificate: it is the client's that is
    missing, the server's was never found bad. Under TLS 1.2 that comes within the handshake, under TLS 1.3 in place of
    the answer to the first EHLO. Where it merely asks, the client sends none and all is well.
    """

    wants: Literal["asked", "required"] = "required"
    """"asked": TLS goes on without one."""

    def change(self, settings: TlsSettings, wanted: SettingsWanted) -> TlsSettings:
        return replace(settings, client_certificate=self.wants)

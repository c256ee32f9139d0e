from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import honest_spec
from mailfault_servers.tls.settings import SettingsFault, SettingsWanted, TlsSettings


@fault
class NamelessCertificate(SettingsFault):
    """Present a self-signed certificate for another name to clients that do not say which host they want.

    Google's servers do so to TLS 1.3 clients without SNI. A client that says the name (RFC 6066 3) gets the right
    certificate; one that does not, and verifies, has to refuse a server that is well.
    """

    name: str = "no-sni.invalid"
    """The name in that certificate."""

    def change(self, settings: TlsSettings, wanted: SettingsWanted) -> TlsSettings:
        other = replace(honest_spec(self.name, wanted.now), issuer="self")
        return replace(settings, nameless=other)

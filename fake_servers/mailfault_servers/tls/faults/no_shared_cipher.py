from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.settings import SettingsFault, SettingsWanted, TlsSettings


@fault
class NoSharedCipher(SettingsFault):
    """Know TLS 1.2 and one cipher suite only, one that clients of today leave out of their offer.

    A server hardened, or left behind, until nobody can talk to it. It says handshake_failure (RFC 5246 7.2.2), shows no
    certificate, and the client cannot have TLS with it.
    """

    def change(self, settings: TlsSettings, wanted: SettingsWanted) -> TlsSettings:
        return replace(settings, newest="1.2", ciphers="ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0")

from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.settings import SettingsFault, SettingsWanted, TlsSettings


@fault
class NameNeeded(SettingsFault):
    """Shake hands only with clients that say which host they want (SNI, RFC 6066 3).

    One address serves many names, and there is no certificate for those who name none. A client that sends SNI notices
    nothing; one that does not is refused by the alert unrecognized_name.
    """

    def change(self, settings: TlsSettings, wanted: SettingsWanted) -> TlsSettings:
        return replace(settings, names="needed")

from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.settings import SettingsFault, SettingsWanted, TlsSettings


@fault
class NameRefused(SettingsFault):
    """Know no name that a client could ask for: answer SNI with the fatal alert unrecognized_name (RFC 6066 3).

    A server set up for another name than the one in the MX record. A client that sends no SNI, as many mail clients do
    not, never notices.
    """

    def change(self, settings: TlsSettings, wanted: SettingsWanted) -> TlsSettings:
        return replace(settings, names="refused")

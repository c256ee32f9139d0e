from dataclasses import replace
from typing import Self

from pydantic import model_validator

from mailfault_servers.fault import fault
from mailfault_servers.tls.settings import SettingsFault, SettingsWanted, TlsSettings, Version


@fault
class Versions(SettingsFault):
    """Shake hands under some versions of TLS only (RFC 8446 4.1.3, 4.2.1).

    An appliance that knows nothing newer than TLS 1.0 has no version in common with a client of today (RFC 8996), and
    there is no session. A server that knows 1.2 only, or 1.3 only, is well: clients know both.
    """

    oldest: Version = "1.2"
    """The oldest that it takes."""
    newest: Version = "1.3"
    """The newest that it knows."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.oldest > self.newest:
            raise ValueError(f"oldest = {self.oldest!r} is newer than newest = {self.newest!r}")
        return self

    def change(self, settings: TlsSettings, wanted: SettingsWanted) -> TlsSettings:
        return replace(settings, oldest=self.oldest, newest=self.newest)

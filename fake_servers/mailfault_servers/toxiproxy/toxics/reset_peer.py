from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Int64, Piping, Place, Toxic, Wait, toxic


@toxic
class ResetPeer(Toxic):
    """Let nothing through, and reset the connection a time after the first byte came, or the end.

    A connection that was open already when the toxic came is closed (FIN); only later ones are reset (RST).
    """

    go_name: ClassVar[str] = "ResetToxic"
    resets: ClassVar[bool] = True

    timeout: Int64 = 0
    """Milliseconds."""

    def pipe(self, place: Place) -> Piping:
        yield TAKE
        place.acted()
        if self.timeout > 0:
            yield Wait(self.timeout / 1000, firm=True)

from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Int64, Pause, Piping, Toxic, ToxicContext, toxic


@toxic
class ResetPeer(Toxic):
    """Drop everything, and reset the connection a time after its first byte, or its end.

    A connection that was open before the toxic is closed by FIN; only later ones are reset.
    """

    resets: ClassVar[bool] = True

    timeout: Int64 = 0
    """Milliseconds."""

    def pipe(self, context: ToxicContext) -> Piping:
        yield TAKE
        context.acted()
        if self.timeout > 0:
            yield Pause(self.timeout / 1000, firm=True)

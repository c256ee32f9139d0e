from mailfault_servers.toxiproxy.toxic import TAKE, Int64, Pause, Piping, Toxic, ToxicContext, toxic


@toxic
class SlowClose(Toxic):
    """Delay the end of the connection only."""

    delay: Int64 = 0
    """Milliseconds."""

    def pipe(self, context: ToxicContext) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            yield chunk
        if self.delay > 0:
            context.acted()
            yield Pause(self.delay / 1000)

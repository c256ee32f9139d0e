from mailfault_servers.toxiproxy.toxic import TAKE, Piping, Toxic, ToxicContext, toxic


@toxic
class Noop(Toxic):
    """Pass everything on unchanged."""

    def pipe(self, context: ToxicContext) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            yield chunk

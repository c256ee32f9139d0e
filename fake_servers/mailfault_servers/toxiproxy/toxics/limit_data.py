from mailfault_servers.toxiproxy.toxic import TAKE, Chunk, Int64, Piping, Toxic, ToxicContext, toxic


@toxic
class LimitData(Toxic):
    """Close the connection after a number of bytes, counted from the toxic's start. Later bytes are lost."""

    bytes: Int64 = 0
    """Bytes that pass. With 0 the connection is closed when the first byte arrives."""

    def pipe(self, context: ToxicContext) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            passed: int = context.state or 0
            left = max(0, self.bytes - passed)
            passing = chunk if len(chunk.data) <= left else Chunk(memoryview(chunk.data)[:left], chunk.read_s)
            context.state = passed + len(passing.data)
            if len(passing.data) > 0:
                yield passing
            if context.state >= self.bytes:
                context.acted()
                return

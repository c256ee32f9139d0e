from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Chunk, Int64, Piping, Place, Toxic, toxic


@toxic
class LimitData(Toxic):
    """Close the connection once so many bytes have passed since the toxic was there. What comes beyond them is lost."""

    go_name: ClassVar[str] = "LimitDataToxic"

    bytes: Int64 = 0
    """How many bytes pass. With 0 the connection is closed when the first byte comes."""

    def pipe(self, place: Place) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            passed: int = place.state or 0
            left = max(0, self.bytes - passed)
            passing = chunk if len(chunk.data) <= left else Chunk(memoryview(chunk.data)[:left], chunk.read_s)
            place.state = passed + len(passing.data)
            if len(passing.data) > 0:
                yield passing
            if place.state >= self.bytes:
                place.acted()
                return

from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Chunk, Int64, Piping, Place, Slices, Toxic, Wait, toxic


@toxic
class Slicer(Toxic):
    """Pass everything on in small pieces, each by a write of its own."""

    go_name: ClassVar[str] = "SlicerToxic"
    go_number: ClassVar[str] = "int"

    average_size: Int64 = 0
    """Bytes in a piece."""
    size_variation: Int64 = 0
    """Bytes more or fewer; less than the average size."""
    delay: Int64 = 0
    """Microseconds to wait after each piece."""

    def pipe(self, place: Place) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            data = memoryview(chunk.data)
            ends = self._ends(len(data), place)
            if len(ends) > 1 or self.delay > 0:
                place.acted()
            if self.delay <= 0:
                yield Slices(data, ends, chunk.read_s)
                continue
            start = 0
            for end in reversed(ends):
                yield Chunk(data[start:end], chunk.read_s)
                start = end
                if (yield Wait(self.delay / 1_000_000)):
                    if data[end:]:
                        yield Chunk(data[end:], chunk.read_s)
                    return

    def _ends(self, size: int, place: Place) -> list[int]:
        """Where the pieces end, the last one first: halves of halves, until they are small enough."""
        most = max(1, self.average_size + self.size_variation)
        vary = self.size_variation
        draw = place.chance().random if vary > 0 else None
        ends = []
        start, open_ends = 0, [size]
        while open_ends:
            end = open_ends[-1]
            if end - start <= most:
                ends.append(open_ends.pop())
                start = end
                continue
            middle = (start + end) // 2
            if draw is not None:
                middle = min(max(middle + int(draw() * 2 * vary) - vary, start + 1), end - 1)
            open_ends.append(middle)
        ends.reverse()
        return ends

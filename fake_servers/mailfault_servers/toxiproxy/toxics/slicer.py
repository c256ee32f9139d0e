from mailfault_servers.toxiproxy.toxic import TAKE, Chunk, Int64, Pause, Piping, Slices, Toxic, ToxicContext, toxic


@toxic
class Slicer(Toxic):
    """Pass everything on in small pieces, each in its own write."""

    average_size: Int64 = 0
    """Bytes in a piece; at least 1."""
    size_variation: Int64 = 0
    """Bytes more or fewer, 0 to the average size."""
    delay: Int64 = 0
    """Microseconds to wait after each piece."""

    def check(self) -> None:
        if self.average_size <= 0:
            raise ValueError("average_size must be greater than 0")
        if not 0 <= self.size_variation <= self.average_size:
            raise ValueError("size_variation must be between 0 and average_size")

    def pipe(self, context: ToxicContext) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            data = memoryview(chunk.data)
            ends = self._ends(len(data), context)
            if len(ends) > 1 or self.delay > 0:
                context.acted()
            if self.delay <= 0:
                yield Slices(data, ends, chunk.read_s)
                continue
            start = 0
            for end in reversed(ends):
                yield Chunk(data[start:end], chunk.read_s)
                start = end
                if (yield Pause(self.delay / 1_000_000)):
                    if data[end:]:
                        yield Chunk(data[end:], chunk.read_s)
                    return

    def _ends(self, size: int, context: ToxicContext) -> list[int]:
        """Return the ends of the pieces, last piece first. Halves are halved until they are small enough."""
        most = self.average_size + self.size_variation
        vary = self.size_variation
        draw = context.chance().random if vary > 0 else None
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

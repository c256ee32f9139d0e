"""Byte counters of proxies, in Prometheus' text format (toxiproxy-server's -proxy-metrics)."""

from collections import Counter

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_Labels = tuple[str, str, str, str]


class ProxyMetrics:
    """Bytes received and sent by proxies. A connection is counted when it ends, as Toxiproxy does."""

    def __init__(self) -> None:
        self._received: Counter[_Labels] = Counter()
        self._sent: Counter[_Labels] = Counter()

    def count(self, direction: str, listener: str, proxy: str, upstream: str, *, received: int, sent: int) -> None:
        """Add the bytes of one direction of one connection."""
        labels = (direction, listener, proxy, upstream)
        self._received[labels] += received
        self._sent[labels] += sent

    def text(self) -> str:
        """Return all counters, in the order of their names and labels."""
        return "".join(
            f"# HELP {name} \n# TYPE {name} counter\n"
            + "".join(f"{name}{{{_format_labels(labels)}}} {counts[labels]}\n" for labels in sorted(counts))
            for name, counts in (
                ("toxiproxy_proxy_received_bytes_total", self._received),
                ("toxiproxy_proxy_sent_bytes_total", self._sent),
            )
            if counts
        )


def _format_labels(labels: _Labels) -> str:
    names = ("direction", "listener", "proxy", "upstream")
    return ",".join(f'{name}="{_escape(value)}"' for name, value in zip(names, labels, strict=True))


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")

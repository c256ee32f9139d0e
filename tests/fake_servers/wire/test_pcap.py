import io
import struct

from mailfault_servers.wire.pcap import write_frame, write_header


def test_a_file_that_wireshark_reads() -> None:
    """Magic number of nanoseconds, version 2.4, Ethernet; then each frame with its time and its length twice."""
    file = io.BytesIO()
    write_header(file)
    write_frame(file, 1_700_000_000_123_456_789, b"frame")
    data = file.getvalue()
    assert struct.unpack("=IHHiIII", data[:24]) == (0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
    assert struct.unpack("=IIII", data[24:40]) == (1_700_000_000, 123_456_789, 5, 5)
    assert data[40:] == b"frame"

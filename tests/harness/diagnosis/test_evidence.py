"""Evidence: a journal is read once, and each subject gets its own share."""

from collections.abc import Iterator

from mailfault.diagnosis.deliveries import diagnose_messages
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.evidence import Evidence
from mailfault_servers.facts import ConnectionAsked, FaultActed, PacketsLost, StrayPacket, WireWatched
from mailfault_servers.journal import Entry
from tests.support import journals as j

TWO_DELIVERIES = j.deliveries(
    [j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(digest="one"))],
    [j.kept(*j.transaction(digest="two"))],
)


class Counted(tuple[Entry, ...]):
    """A journal that counts how often it is gone through."""

    passes = 0

    def __iter__(self) -> Iterator[Entry]:
        self.passes += 1
        return super().__iter__()


def test_a_diagnosis_goes_through_the_journal_once() -> None:
    for entries in (j.delivered(), TWO_DELIVERIES, j.journal(j.policy_record(), j.policy_served(), j.lookups(j.MX1))):
        counted = Counted(entries)
        diagnose(counted)
        assert counted.passes == 1


def test_several_messages_go_through_the_journal_once() -> None:
    counted = Counted(TWO_DELIVERIES)
    assert all(diagnosis.delivered for diagnosis in diagnose_messages(counted, ("one", "two")))
    assert counted.passes == 1


def test_each_delivery_has_its_own_evidence() -> None:
    first, second = Evidence.of_each(TWO_DELIVERIES, 2)
    assert (first, second) == (Evidence.of(TWO_DELIVERIES, 1), Evidence.of(TWO_DELIVERIES, 2))
    assert [len(evidence.connections) for evidence in (first, second)] == [1, 1]
    assert first.connections[0].earlier == ()
    assert second.connections[0].earlier == first.connections[0].facts
    assert second.lookups == first.lookups  # nothing was asked since
    assert [host.name for host in second.resolved] == [j.MX1]


def test_all_deliveries_at_once_are_one_piece_of_evidence() -> None:
    evidence = Evidence.of(TWO_DELIVERIES)
    assert [len(connection.earlier) for connection in evidence.connections] == [0, len(evidence.connections[0].facts)]


def test_the_wire_is_seen_one_delivery_at_a_time() -> None:
    syn = ConnectionAsked(address=j.ADDRESSES[j.MX1], port=25)
    stray = StrayPacket(address="192.0.2.1", protocol="udp", port=None)
    entries = j.deliveries(
        [("wire", None, WireWatched()), j.port("refusing"), j.lookups(j.MX1), (j.MX1, None, syn)],
        [
            j.port(),
            ("wire", None, stray),
            (j.MX1, None, syn),
            (j.MX1, None, PacketsLost(address=syn.address, packets=1)),
        ],
    )
    first, second = (evidence.packets for evidence in Evidence.of_each(entries, 2))
    assert first.is_watched
    assert second.is_watched
    assert [attempt.state for attempt in first.attempts] == ["refusing"]
    assert [attempt.state for attempt in second.attempts] == ["lossy"]
    assert (first.unexpected, second.unexpected) == ((), ("192.0.2.1 (udp)",))


def test_a_policy_host_is_no_mail_host() -> None:
    evidence = Evidence.of(j.journal(j.policy_served(), j.port(), j.session(*j.HELLO)))
    assert [connection.server for connection in evidence.connections] == [j.MX1]
    assert [port.host for port in evidence.ports] == [j.MX1]


def test_a_fault_that_acted_is_no_evidence() -> None:
    acted: j.Part = (j.MX1, None, FaultActed(fault="tcp.refuse", at="connect"))
    assert Evidence.of(j.journal(j.port(), j.lookups(j.MX1), acted)) == Evidence.of(
        j.journal(j.port(), j.lookups(j.MX1))
    )

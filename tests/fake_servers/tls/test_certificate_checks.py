"""Findings in a chain, built here by hand without the authority of the worlds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mailfault_servers.tls.certificate import AuthoritySpec, CertificateSpec, honest_spec
from mailfault_servers.tls.certificate_checks import Findings, inspect, is_weak
from mailfault_servers.tls.mutate import Issuer, authority_like, leaf_like, new_key

HOST = "mx1.dest.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ROOT, USUAL = trustme.CA(), trustme.CA()
ROOT_CERTIFICATE = x509.load_pem_x509_certificate(ROOT.cert_pem.bytes())
TEMPLATE = x509.load_pem_x509_certificate(
    USUAL.issue_cert(HOST, not_before=NOW - timedelta(days=9), not_after=NOW + timedelta(days=9))
    .cert_chain_pems[0]
    .bytes()
)
AUTHORITY = x509.load_pem_x509_certificate(ROOT.create_child_ca().cert_pem.bytes())


def top() -> Issuer:
    key = load_pem_private_key(ROOT.private_key_pem.bytes(), None)
    return Issuer(ROOT_CERTIFICATE, key)  # type: ignore[arg-type]


def chain(*authorities: AuthoritySpec, **changes: object) -> tuple[x509.Certificate, ...]:
    """A host's certificate and the authorities above it, the nearest first, without the root."""
    spec: CertificateSpec = replace(honest_spec(HOST, NOW), **changes)  # type: ignore[arg-type]
    above = [top()]
    for number, authority in enumerate(authorities or (AuthoritySpec(),)):
        above.append(authority_like(AUTHORITY, authority, above[-1], number))
    leaf = leaf_like(TEMPLATE, spec, above[-1], new_key(spec.key))
    return leaf, *(issuer.certificate for issuer in reversed(above[1:]))


def findings(*sent: x509.Certificate, host: str = HOST, now: datetime = NOW) -> Findings:
    return inspect(sent, roots=(ROOT_CERTIFICATE,)).findings(host=host, now=now)


def test_nothing_is_wrong_with_a_good_chain() -> None:
    assert findings(*chain()) == Findings(())


def test_the_path_leads_from_the_host_to_the_root() -> None:
    sent = chain(AuthoritySpec(), AuthoritySpec())
    assert inspect(sent, roots=(ROOT_CERTIFICATE,)).path == (*sent, ROOT_CERTIFICATE)


def test_the_last_second_counts_for_issuers_too() -> None:
    sent = chain(AuthoritySpec(not_before=NOW - SECOND, not_after=NOW + SECOND))
    at = [findings(*sent, now=NOW + number * SECOND).problems for number in (-2, -1, 1, 2)]
    assert at == [("issuer not yet valid",), (), (), ("issuer expired",)]


def test_of_two_issuers_of_one_name_the_one_that_signed_is_taken() -> None:
    leaf, right = chain()
    _, other = chain()  # the same name, another key
    assert other.subject == right.subject
    assert inspect((leaf, other, right), roots=(ROOT_CERTIFICATE,)).path == (leaf, right, ROOT_CERTIFICATE)
    assert findings(leaf, other).problems == ("bad signature",)


def test_a_gap_is_told_from_a_way_that_leads_elsewhere() -> None:
    leaf, above = chain()
    told = inspect((leaf,), roots=(ROOT_CERTIFICATE,), known=(above,))
    untold = inspect((leaf,), roots=(ROOT_CERTIFICATE,))
    assert told.findings(host=HOST, now=NOW).problems == ("missing intermediate",)
    assert untold.findings(host=HOST, now=NOW).problems == ("unknown authority",)


def test_a_root_that_is_sent_and_not_trusted_is_no_root() -> None:
    stranger = x509.load_pem_x509_certificate(USUAL.cert_pem.bytes())
    assert findings(TEMPLATE, stranger).problems == ("unknown authority",)
    assert findings(stranger, host="nobody.example").problems[-1] == "self-signed"


@pytest.mark.parametrize(
    ("length", "fits"), [(0, False), (1, True), (2, True), (None, True)], ids=["0", "1", "2", "no limit"]
)
def test_the_path_length_counts_the_authorities_below(length: int | None, fits: bool) -> None:
    sent = chain(AuthoritySpec(path_length=length), AuthoritySpec())
    assert findings(*sent).problems == (() if fits else ("path too long for its issuer",))


@pytest.mark.parametrize(
    ("permitted", "names", "fits"),
    [
        (("dest.example",), (HOST,), True),
        (("DEST.example",), ("MX1.dest.EXAMPLE",), True),
        ((HOST,), (HOST,), True),
        (("other.example", "dest.example"), (HOST,), True),
        (("other.example",), (HOST,), False),
        (("est.example",), (HOST,), False),
        (("dest.example",), (HOST, "mail.other.example"), False),
    ],
)
def test_every_name_has_to_be_permitted(permitted: tuple[str, ...], names: tuple[str, ...], fits: bool) -> None:
    sent = chain(AuthoritySpec(permitted=permitted), names=names)
    assert findings(*sent).problems == (() if fits else ("name not permitted to its issuer",))


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((HOST,), Findings(())),
        (("other.example", HOST.upper()), Findings(())),
        (("*.dest.example",), Findings(())),
        (("*.example",), Findings(("wrong name",))),
        (("*",), Findings(("wrong name",))),
        (("dest.example",), Findings(("wrong name",))),
        ((f"{HOST}\0.evil.example",), Findings(("wrong name",))),
        ((f"{HOST}.",), Findings((), ("name ends with a dot",))),
        (("mx*.dest.example",), Findings((), ("wildcard for a part of a label",))),
        (("*1.dest.example",), Findings((), ("wildcard for a part of a label",))),
        (("m*1.dest.example",), Findings((), ("wildcard for a part of a label",))),
        (("mx1*1.dest.example",), Findings(("wrong name",))),
        (("ax*.dest.example",), Findings(("wrong name",))),
        (("mx*.other.example",), Findings(("wrong name",))),
    ],
)
def test_names(names: tuple[str, ...], found: Findings) -> None:
    assert findings(*chain(names=names)) == found


def test_the_common_name_counts_only_where_there_is_no_other() -> None:
    assert findings(*chain(names=(), common_name=HOST)).doubts == ("name in the common name only",)
    assert findings(*chain(names=(), common_name="other.example")).problems == ("wrong name",)
    assert findings(*chain(names=("other.example",), common_name=HOST)).problems == ("wrong name",)


def test_several_things_are_wrong_at_once() -> None:
    sent = chain(AuthoritySpec(is_authority=False, not_after=NOW - SECOND), names=("other.example",), purpose="client")
    assert set(findings(*sent).problems) == {
        "issuer expired",
        "wrong name",
        "issuer is no authority",
        "not for servers",
    }


@pytest.mark.parametrize("turned", [False, True], ids=["as due", "turned round"])
def test_the_order_matters_to_some(turned: bool) -> None:
    leaf, *above = chain(AuthoritySpec(), AuthoritySpec())
    sent = (leaf, *reversed(above)) if turned else (leaf, *above)
    assert findings(*sent) == Findings((), ("chain out of order",) if turned else ())


def test_weak_is_what_openssl_does_not_load() -> None:
    rsa = AuthoritySpec(key="rsa-2048")
    assert not is_weak(chain(key="rsa-2048")[0])
    assert is_weak(chain(key="rsa-1024")[0])
    assert is_weak(chain(rsa, signature="md5")[0])
    assert is_weak(chain(rsa, signature="sha-1")[0])

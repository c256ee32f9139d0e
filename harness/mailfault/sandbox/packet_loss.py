"""Packet loss to and from one address, by the kernel's packet filter (nftables).

Packets are dropped on arrival in the receiving namespace: the sender gets no error, and the capture on the link still
sees them.

pyroute2 encodes the messages; the batch is written and read here. pyroute2 0.9's own `NFTables` sends each command as a
batch of its own, so packets would pass between the end of one set of rules and the next. It also runs an asyncio loop,
and it cannot list the rules of one table.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyroute2.netlink import NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REQUEST
from pyroute2.netlink.nfnetlink import NFNL_SUBSYS_NFTABLES, nfgen_msg, nftsocket
from pyroute2.netlink.nfnetlink.nftsocket import Cmp
from pyroute2.nftables.expressions import genex, verdict

from mailfault.sandbox.netlink import DONE, ERROR, HEADER, messages
from mailfault.sandbox.system import CLONE_NEWNET, enter
from mailfault.sandbox.wiring import Wiring

_NETLINK_NETFILTER = 12
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_SUBSYSTEM = NFNL_SUBSYS_NFTABLES << 8
_NO_FAMILY = 0
_PREROUTING, _FIRST_PRIORITY = 0, -300
_DROP = 0
_NETWORK_HEADER = 1
_NEVER_REACHED = 0x7FFFFFFF
"""More packets than any world has."""
_TIMEOUT_S = 5.0
_CHAIN = "packet-loss"


def set_packet_loss(wired: Wiring, address: str, losses: Sequence[Mapping[str, Any]]) -> None:
    """Lose these packets to and from an address, in place of earlier losses. Each loss has the fields of `LosePackets`.

    Raises OSError, with EOPNOTSUPP or EPROTONOSUPPORT if the kernel has no nftables.
    """
    for towards, channel in _filters(wired):
        with channel:
            _send_batch(channel, _table(address, [loss for loss in losses if loss["towards"] == towards], towards))


def lost_packets(wired: Wiring, address: str) -> int:
    """Return the number of packets lost to and from an address since its losses were set. Raises OSError."""
    count = 0
    for _, channel in _filters(wired):
        with channel:
            count += sum(_counters(channel, address))
    return count


def _filters(wired: Wiring) -> Iterator[tuple[str, socket.socket]]:
    """Yield the direction of arriving packets and a netlink socket, for the filters of both namespaces."""
    for towards, namespace in (("host", wired.internet), ("client", wired.client)):
        enter(namespace, CLONE_NEWNET)
        try:
            channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER)
        finally:
            enter(wired.client, CLONE_NEWNET)
        channel.settimeout(_TIMEOUT_S)
        channel.bind((0, 0))
        yield towards, channel


# -- requests -----------------------------------------------------------------------------------------------------


def _table(address: str, losses: Sequence[Mapping[str, Any]], towards: str) -> list[bytes]:
    """Return requests that replace the address's table: one chain, with a rule for each loss."""
    family, name = _family(address), _name(address)
    table = (NLM_F_CREATE, family, [("NFTA_TABLE_NAME", name)], nftsocket.nft_table_msg)
    hook = {"attrs": [("NFTA_HOOK_HOOKNUM", _PREROUTING), ("NFTA_HOOK_PRIORITY", _FIRST_PRIORITY)]}
    chain = [
        ("NFTA_CHAIN_TABLE", name),
        ("NFTA_CHAIN_NAME", _CHAIN),
        ("NFTA_CHAIN_TYPE", "filter"),
        ("NFTA_CHAIN_HOOK", hook),
    ]
    # Deleting a missing table fails, so it is created first.
    made = [
        _message(0, nftsocket.NFT_MSG_NEWTABLE, *table),
        _message(1, nftsocket.NFT_MSG_DELTABLE, 0, *table[1:]),
    ]
    if losses:
        made.append(_message(2, nftsocket.NFT_MSG_NEWTABLE, *table))
        made.append(_message(3, nftsocket.NFT_MSG_NEWCHAIN, NLM_F_CREATE, family, chain, nftsocket.nft_chain_msg))
    for loss in losses:
        rule = [
            ("NFTA_RULE_TABLE", name),
            ("NFTA_RULE_CHAIN", _CHAIN),
            ("NFTA_RULE_EXPRESSIONS", _expressions(address, loss, towards)),
        ]
        flags = NLM_F_CREATE | NLM_F_APPEND
        made.append(_message(len(made), nftsocket.NFT_MSG_NEWRULE, flags, family, rule, nftsocket.nft_rule_msg))
    return made


def _expressions(address: str, loss: Mapping[str, Any], towards: str) -> list[dict[str, Any]]:
    """Return the expressions of a rule: match the address and the limits of the loss, count, drop."""
    version = 6 if ":" in address else 4
    packed = socket.inet_pton(socket.AF_INET6 if version == 6 else socket.AF_INET, address)
    at = {("host", 4): 16, ("client", 4): 12, ("host", 6): 24, ("client", 6): 8}[towards, version]
    found = [_load(at, len(packed)), _compare(Cmp.NFT_CMP_EQ, packed)]
    if loss["longer_than"] is not None:
        # IPv4 has the total length (RFC 791 3.1), IPv6 the length after its header of 40 bytes (RFC 8200 3).
        at, header = (4, 40) if version == 6 else (2, 0)
        found += [_load(at, 2), _compare(Cmp.NFT_CMP_GT, struct.pack("!H", loss["longer_than"] - header))]
    if loss["every"] is not None:
        found += [_numbered(loss["every"]), _compare(Cmp.NFT_CMP_EQ, struct.pack("=I", loss["every"] - 1))]
    if loss["first"] is not None:
        # The kernel compares bytes in order, so the number needs network order first.
        turns = [_numbered(_NEVER_REACHED), genex("byteorder", _TO_NETWORK_ORDER)]
        found += [*turns, _compare(Cmp.NFT_CMP_LT, struct.pack("!I", loss["first"]))]
    return [*found, {"attrs": [("NFTA_EXPR_NAME", "counter")]}, *verdict(_DROP)]


_TO_NETWORK_ORDER = {"sreg": 1, "dreg": 1, "op": 1, "len": 4, "size": 4}


def _load(at: int, length: int) -> dict[str, Any]:
    found: dict[str, Any] = genex("payload", {"dreg": 1, "base": _NETWORK_HEADER, "offset": at, "len": length})
    return found


def _compare(how: Cmp, value: bytes) -> dict[str, Any]:
    compared = {"sreg": 1, "op": how, "data": {"attrs": [("NFTA_DATA_VALUE", value)]}}
    found: dict[str, Any] = genex("cmp", compared)
    return found


def _numbered(modulus: int) -> dict[str, Any]:
    """Return an expression that numbers packets: 0, 1, ... modulus - 1, 0, ..."""
    data = [("NFTA_NG_DREG", 1), ("NFTA_NG_MODULUS", modulus), ("NFTA_NG_TYPE", 0), ("NFTA_NG_OFFSET", 0)]
    return {"attrs": [("NFTA_EXPR_NAME", "numgen"), ("NFTA_EXPR_DATA", {"attrs": data})]}


def _message(number: int, kind: int, flags: int, family: int, attributes: Any, form: Any) -> bytes:
    return _encode(form, _SUBSYSTEM | kind, NLM_F_REQUEST | NLM_F_ACK | flags, number, family, attributes)


def _encode(form: Any, kind: int, flags: int, number: int, family: int, attributes: Any, resource: int = 0) -> bytes:
    message = form()
    message["nfgen_family"], message["version"], message["res_id"] = family, 0, resource
    message["attrs"] = attributes
    header = message["header"]
    header["type"], header["flags"], header["sequence_number"], header["pid"] = kind, flags, number, 0
    message.encode()
    return bytes(message.data)


def _family(address: str) -> int:
    return int(nftsocket.NFPROTO_IPV6 if ":" in address else nftsocket.NFPROTO_IPV4)


def _name(address: str) -> str:
    return f"mailfault {address}"


# -- answers ---------------------------------------------------------------------------------------------


def _send_batch(channel: socket.socket, requests: Sequence[bytes]) -> None:
    """Send requests as one batch: all of them take effect, or none. Raises OSError."""
    begin, end = (
        _encode(nfgen_msg, kind, NLM_F_REQUEST, 0, _NO_FAMILY, [], socket.htons(NFNL_SUBSYS_NFTABLES))
        for kind in (_BATCH_BEGIN, _BATCH_END)
    )
    channel.send(begin + b"".join(requests) + end)
    last = len(requests) - 1
    while True:
        for kind, number, content in _received(channel):
            if kind == ERROR:
                _raise_for(content)
                if number == last:
                    return


def _counters(channel: socket.socket, address: str) -> Iterator[int]:
    """Yield the packet counts of the rules in the address's table, if there is one."""
    attributes = [("NFTA_RULE_TABLE", _name(address)), ("NFTA_RULE_CHAIN", _CHAIN)]
    kind, flags = _SUBSYSTEM | nftsocket.NFT_MSG_GETRULE, NLM_F_REQUEST | NLM_F_DUMP
    channel.send(_encode(nftsocket.nft_rule_msg, kind, flags, 0, _family(address), attributes))
    while True:
        for kind, _, content in _received(channel):
            if kind == DONE:
                return
            if kind == ERROR:
                with contextlib.suppress(FileNotFoundError):
                    _raise_for(content)
                return
            yield from _counts_in(content)


def _counts_in(content: bytes) -> Iterator[int]:
    rule = nftsocket.nft_rule_msg(HEADER.pack(HEADER.size + len(content), 0, 0, 0, 0) + content)
    rule.decode()
    for expression in rule.get_attr("NFTA_RULE_EXPRESSIONS") or ():
        if expression.get_attr("NFTA_EXPR_NAME") == "counter":
            yield int(expression.get_attr("NFTA_EXPR_DATA").get_attr("NFTA_COUNTER_PACKETS"))


def _received(channel: socket.socket) -> Iterator[tuple[int, int, bytes]]:
    """Receive a packet and yield the kind, sequence number and content of its messages."""
    return messages(channel.recv(65536))


def _raise_for(content: bytes) -> None:
    (code,) = struct.unpack_from("=i", content)
    if code:
        raise OSError(-code, f"the kernel's packet filter: {os.strerror(-code)}")

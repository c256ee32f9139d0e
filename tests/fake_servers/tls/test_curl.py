"""A client that is not Python: curl over HTTPS, which checks certificates by the same code as over SMTP."""

import shutil
import socket
import ssl
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import honest_spec

HOST = "mx1.dest.example"
LIMIT_S = 10
CURL = shutil.which("curl")
PEER_FAILED_VERIFICATION = 60

pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")


def fetch(context: ssl.SSLContext, authority: Authority, folder: Path, *, crl: bool) -> int:
    """Exit status of curl, which trusts the root alone, at a server that presents `context`'s certificate."""
    (folder / "root.pem").write_bytes(authority.root_pem)
    (folder / "crl.pem").write_bytes(authority.crl_pem())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT_S)
        port = listener.getsockname()[1]
        server = threading.Thread(target=answer_one, args=(listener, context))
        server.start()
        command = [str(CURL), "-q", "-s", "--noproxy", "*", "--max-time", str(LIMIT_S)]
        command += ["--resolve", f"{HOST}:{port}:127.0.0.1", "--cacert", str(folder / "root.pem")]
        command += ["--crlfile", str(folder / "crl.pem")] if crl else []
        status = subprocess.run([*command, f"https://{HOST}:{port}/"], check=False).returncode
        server.join()
    return status


def answer_one(listener: socket.socket, context: ssl.SSLContext) -> None:
    raw, _ = listener.accept()
    raw.settimeout(LIMIT_S)
    with raw:
        try:
            with context.wrap_socket(raw, server_side=True) as tls:
                tls.recv(65536)
                tls.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")
        except (ssl.SSLError, ConnectionError):
            return  # the client left, as it should


@pytest.mark.parametrize("crl", [False, True], ids=["", "crl"])
def test_curl_takes_the_honest_certificate(authority: Authority, tmp_path: Path, crl: bool) -> None:
    context = authority.context(honest_spec(HOST, datetime.now(UTC)))
    assert fetch(context, authority, tmp_path, crl=crl) == 0


DAY = timedelta(days=1)
WRONG: dict[str, dict[str, Any]] = {
    "expired": {"not_after": datetime.now(UTC) - DAY},
    "not yet valid": {"not_before": datetime.now(UTC) + DAY},
    "wrong name": {"names": ("other.example",)},
    "unknown authority": {"issuer": "stranger"},
    "self-signed": {"issuer": "self"},
    "missing intermediate": {"send_intermediate": False},
    "revoked": {"revoked": True},
}


@pytest.mark.parametrize("problem", WRONG)
def test_curl_refuses_what_the_authority_calls_wrong(authority: Authority, tmp_path: Path, problem: str) -> None:
    now = datetime.now(UTC)
    spec = replace(honest_spec(HOST, now), **WRONG[problem])
    assert authority.problems(spec, host=HOST, now=now) == (problem,)
    assert fetch(authority.context(spec), authority, tmp_path, crl=problem == "revoked") == PEER_FAILED_VERIFICATION

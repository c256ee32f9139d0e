"""`mailfault toxiproxy`: a Toxiproxy-compatible server, for people without the Go binary."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailfault.cli.usage_error import reason, refuse

if TYPE_CHECKING:
    from mailfault_servers.toxiproxy.server import ToxiproxyServer

_DIFFERENCES = """\
Differences from toxiproxy-server {version}:
- Proxies listen on, and connect to, loopback addresses only, unless --allow-any-listen and --allow-any-upstream
  are given. Without a host they listen at 127.0.0.1.
- There is no log, and there are no metrics of the Go runtime.
- A toxic leaves the connections that its `toxicity` spares wholly alone. Chance repeats with --seed.
- Messages about malformed JSON have other words.
All differences, with reasons: fake_servers/mailfault_servers/toxiproxy/README.md"""
TOKEN_VARIABLE = "TOXIPROXY_AUTH_TOKEN"
_REMEDY = f"set {TOKEN_VARIABLE} to require a token"


def _print_version(wanted: bool) -> None:
    if wanted:
        from mailfault_servers.toxiproxy.api import VERSION

        typer.echo(f"mailfault toxiproxy, compatible with toxiproxy-server version {VERSION}")
        raise typer.Exit


def toxiproxy(
    host: Annotated[str, typer.Option(help="Address of the API.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the API; 0: any free port.")] = 8474,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Proxies to make at the start, as for toxiproxy-server."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all chance (toxicity, jitter, size_variation).")] = 0,
    proxy_metrics: Annotated[
        bool, typer.Option("--proxy-metrics", help="Count the bytes of proxies at /metrics, for Prometheus.")
    ] = False,
    allow_any_upstream: Annotated[
        bool, typer.Option("--allow-any-upstream", help="Proxies may connect to other machines.")
    ] = False,
    allow_any_listen: Annotated[
        bool, typer.Option("--allow-any-listen", help="Proxies may listen on addresses that other machines reach.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Run a Toxiproxy-compatible server until it is interrupted.

    Clients of Toxiproxy (toxiproxy-python, toxiproxy-node-client, Toxiproxy's own for Go, ...) drive it as they drive
    toxiproxy-server. If TOXIPROXY_AUTH_TOKEN is set, requests need the header "Authorization: Bearer TOKEN". Ctrl-C and
    SIGTERM end it, with exit status 0.
    """
    import asyncio

    from mailfault_servers.toxiproxy.server import ToxiproxyServer

    server = ToxiproxyServer(
        host=host,
        port=port,
        seed=seed,
        allow_any_upstream=allow_any_upstream,
        allow_any_listen=allow_any_listen,
        token=os.environ.get(TOKEN_VARIABLE) or None,
        proxy_metrics=proxy_metrics,
    )
    try:
        asyncio.run(_serve(server, _read(config)))
    except BrokenPipeError:
        raise  # the reader of our output is gone
    except OSError as error:
        refuse(f"the API cannot listen at {host}:{port}: {reason(error)}")


async def _serve(server: "ToxiproxyServer", config: bytes | None) -> None:
    import asyncio
    import signal

    from mailfault_servers.toxiproxy.address import Address
    from mailfault_servers.toxiproxy.api import VERSION

    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await server.start()
    try:
        if config is not None:
            await _populate(server, config)
        address = Address.of_socket(server.endpoint)
        if not (address.is_loopback or os.environ.get(TOKEN_VARIABLE)):
            typer.echo(f"mailfault: warning: anybody who reaches {address} may use the API; {_REMEDY}", err=True)
        typer.echo(_DIFFERENCES.format(version=VERSION))
        typer.echo(f"Toxiproxy's API is at http://{address}; Ctrl-C ends it.")
        await ended.wait()
    finally:
        await server.close()


async def _populate(server: "ToxiproxyServer", config: bytes) -> None:
    try:
        typer.echo(f"{await server.populate(config)} proxies made")
    except ValueError as error:
        typer.echo(f"mailfault: the proxies could not all be made: {error}", err=True)


def _read(config: Path | None) -> bytes | None:
    """Read the configuration. As with toxiproxy-server, a file that cannot be read is reported and ends nothing."""
    if config is None:
        return None
    try:
        return config.read_bytes()
    except OSError as error:
        typer.echo(f"mailfault: {config}: {reason(error)}", err=True)
        return None

"""`perl-net-smtp`: Net::SMTP, which comes with Perl, by programs/perl/net_smtp.pl.

It has TLS through IO::Socket::SSL alone, which has to be installed, or unpacked by mailfault.clients.build. Its replies
and errors are read through perl_net_smtp.toml.
"""

from pathlib import Path

from mailfault.clients.build import COMMAND, PERL_NET_SMTP, PROGRAMS
from mailfault.clients.process.library_worker import library_adapter


def _command(_: Path | None) -> list[str]:
    unpacked = PERL_NET_SMTP.built()
    modules = [f"-I{unpacked / 'usr/share/perl5'}"] if unpacked is not None else []
    return ["perl", *modules, str(PROGRAMS / "perl" / "net_smtp.pl")]


ADAPTER = library_adapter(
    "perl-net-smtp",
    "Net::SMTP, which comes with Perl, to a smart host",
    command=_command,
    recipe=None,
    runtime="perl",
    how_to_install=(
        "apt-get install perl libio-socket-ssl-perl, or, if Net::SSLeay is installed: "
        f"{COMMAND} {PERL_NET_SMTP.name} (needs apt-get, not root)"
    ),
)

"""Builds of the clients in other languages, in the user's cache: `python -m mailfault.clients.build [NAME...]`.

Without a name it builds all of them. The folder of a build is named by a digest of its sources, so that changed sources
are built again. Nothing is written elsewhere, and only the language's own package manager fetches anything.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mailfault.errors import MailfaultError

PROGRAMS = Path(__file__).with_name("programs")
COMMAND = "python3 -m mailfault.clients.build"
_LIMIT_S = 600
_APT_PACKAGE = "libio-socket-ssl-perl"


class BuildError(MailfaultError, RuntimeError):
    """A client cannot be built. The message names the reason, or the program that is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The build of one client."""

    name: str
    sources: tuple[str, ...]
    """Files that it is built from, below clients/programs."""
    make: Callable[[Path], None]
    """Builds into a folder, which it creates. Raises BuildError."""

    @property
    def folder(self) -> Path:
        """The folder of the build, which may not exist yet."""
        digest = hashlib.sha256()
        for source in self.sources:
            digest.update((PROGRAMS / source).read_bytes())
        return cache_folder() / f"{self.name}-{digest.hexdigest()[:12]}"

    def built(self) -> Path | None:
        """Return the folder of the build; None if it is not built."""
        return self.folder if self.folder.is_dir() else None


def cache_folder() -> Path:
    """Return the folder of the user's cache that holds the builds."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "mailfault"


def build(recipe: Recipe) -> Path:
    """Build a client if it is not built yet. Returns its folder. Raises BuildError."""
    if (built := recipe.built()) is not None:
        return built
    folder = recipe.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"building-{recipe.name}-", dir=folder.parent) as making:
        made = Path(making) / "made"
        recipe.make(made)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first
                raise
    return folder


def _npm(folder: str) -> Callable[[Path], None]:
    def make(made: Path) -> None:
        made.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PROGRAMS / folder / name, made)
        _run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=made)

    return make


def _go(package: str) -> Callable[[Path], None]:
    def make(made: Path) -> None:
        made.mkdir()
        # Without cgo, Go looks names up itself, by /etc/resolv.conf, on every machine.
        arguments = ("build", "-trimpath", "-buildvcs=false", "-o", str(made / package), f"./{package}")
        _run("go", *arguments, cwd=PROGRAMS / "go", environment={"CGO_ENABLED": "0"})

    return make


def _cargo(folder: str) -> Callable[[Path], None]:
    def make(made: Path) -> None:
        made.mkdir()
        with tempfile.TemporaryDirectory(prefix="crate-", dir=made) as copy:
            crate = Path(copy) / "crate"
            shutil.copytree(PROGRAMS / folder, crate, ignore=shutil.ignore_patterns("target", "Cargo.lock"))
            _run("cargo", "generate-lockfile", "--quiet", cwd=crate)
            lock = crate / "Cargo.lock"
            lock.write_text(locked((crate / "pinned.lock").read_text(), like=lock.read_text()))
            _run("cargo", "build", "--release", "--locked", "--quiet", cwd=crate)
            shutil.move(crate / "target" / "release" / f"mailfault-{folder}", made)

    return make


def locked(pinned: str, *, like: str) -> str:
    """Return a Cargo.lock with the versions and digests of `pinned`, and the registry of `like`, a fresh Cargo.lock.

    Raises BuildError if `like` names no registry.
    """
    source = re.search(r'^source = "[^"]+"$', like, re.MULTILINE)
    if source is None:
        raise BuildError("cargo generate-lockfile: it names no registry")
    return re.sub(r"^(?=checksum = )", lambda _: f"{source[0]}\n", pinned, flags=re.MULTILINE)


def _maven(folder: str) -> Callable[[Path], None]:
    def make(made: Path) -> None:
        made.mkdir()
        arguments = ("--batch-mode", "--quiet", f"-Dmade={made}", "compiler:compile", "dependency:copy-dependencies")
        _run("mvn", *arguments, cwd=PROGRAMS / folder)

    return make


def _perl(made: Path) -> None:
    """Unpack IO::Socket::SSL from the system's packages: Net::SMTP has no TLS without it."""
    made.mkdir()
    with tempfile.TemporaryDirectory(prefix="packages-", dir=made) as packages:
        Path(packages).chmod(0o755)
        _run("apt-get", "download", "-qq", _APT_PACKAGE, cwd=Path(packages))
        for package in Path(packages).glob("*.deb"):
            _run("dpkg-deb", "-x", str(package), str(made), cwd=made)


def _run(program: str, *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None) -> None:
    found = shutil.which(program)
    if found is None:
        raise BuildError(f"there is no program {program!r} on the PATH")
    try:
        done = subprocess.run(
            [found, *arguments],
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"{program} was not done after {_LIMIT_S} s") from None
    if done.returncode:
        raise BuildError(f"{program} {arguments[0]}: {(done.stderr or done.stdout).strip()[-600:]}")


_GO_SHARED = ("go/go.mod", "go/go.sum", "go/worker/worker.go")

NODEMAILER = Recipe(
    name="nodemailer",
    sources=("nodemailer/package.json", "nodemailer/package-lock.json"),
    make=_npm("nodemailer"),
)
GO_SMTP = Recipe(name="go-smtp", sources=(*_GO_SHARED, "go/netsmtp/main.go"), make=_go("netsmtp"))
GO_MAIL = Recipe(name="go-mail", sources=(*_GO_SHARED, "go/gomail/main.go"), make=_go("gomail"))
PERL_NET_SMTP = Recipe(name="perl-net-smtp", sources=(), make=_perl)
LETTRE = Recipe(
    name="lettre",
    sources=("lettre/Cargo.toml", "lettre/pinned.lock", "lettre/src/main.rs"),
    make=_cargo("lettre"),
)
ANGUS_MAIL = Recipe(
    name="angus-mail",
    sources=("angus_mail/pom.xml", "angus_mail/AngusMail.java"),
    make=_maven("angus_mail"),
)

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe for recipe in (NODEMAILER, GO_SMTP, GO_MAIL, PERL_NET_SMTP, LETTRE, ANGUS_MAIL)
}


def main(names: list[str]) -> int:
    """Build these clients, or all. Returns 0 if all are built, else 1; 2 for an unknown name."""
    if unknown := [name for name in names if name not in RECIPES]:
        sys.stderr.write(f"there is no client {unknown[0]!r} to build; known are {', '.join(RECIPES)}\n")
        return 2
    failed = False
    for name in names or RECIPES:
        try:
            sys.stderr.write(f"{name}: {build(RECIPES[name])}\n")
        except BuildError as error:
            failed = True
            sys.stderr.write(f"{name} is not built: {error}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

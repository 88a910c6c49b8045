"""The hook for a virus scanner: a command that gets a file through a pipe and answers by how it ends.

    exit status 0        nothing was found
    exit status 1        something was found; the file is refused
    anything else        nobody knows; it is asked again later, and until then nobody opens the file

The plain bytes pass through the pipe and are never written down here. What the command prints is not read.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TypeAlias

from relevo.errors import BadInput, RelevoError

LONGEST_SECONDS = 300
_FOUND = 1

Scan: TypeAlias = Callable[[Iterable[bytes]], None]
"""Looks at the plain bytes of one file and raises `FileInfected` or `ScannerUnavailable`."""


class FileInfected(BadInput):
    """The virus scanner found something in a file."""

    code = "file-infected"
    advice = "Do not open it. Ask whoever gave it to you for a clean copy, and tell your administrator."


class ScannerUnavailable(RelevoError):
    """The virus scanner gave no answer."""

    code = "scanner-unavailable"
    advice = "Try again later; if it goes on, let an administrator run the command of `file_scanner` by hand."


def unscanned(pieces: Iterable[bytes]) -> None:
    """No scanner is set: the file is only read to its end."""
    for _ in pieces:
        pass


def scanner(command: Sequence[str]) -> Scan:
    """The hook for `command`, its words as given and no shell; without any word, `unscanned`."""

    def scan(pieces: Iterable[bytes]) -> None:
        status = _ask(command, pieces)
        if status == _FOUND:
            raise FileInfected
        if status != 0:
            raise ScannerUnavailable(f"it ended with {status}")

    return scan if command else unscanned


def _ask(command: Sequence[str], pieces: Iterable[bytes]) -> int:
    try:
        process = subprocess.Popen(  # noqa: S603 - the administrator's own command, without a shell
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise ScannerUnavailable("its command cannot be started") from error
    limit = threading.Timer(LONGEST_SECONDS, process.kill)
    limit.start()
    try:
        _feed(process, pieces)
        return process.wait()
    finally:
        limit.cancel()
        process.kill()
        process.wait()


def _feed(process: subprocess.Popen[bytes], pieces: Iterable[bytes]) -> None:
    """Give it the bytes; one that has seen enough may stop reading."""
    if process.stdin is None:
        return
    with suppress(BrokenPipeError):
        for piece in pieces:
            process.stdin.write(piece)
    with suppress(BrokenPipeError):
        process.stdin.close()

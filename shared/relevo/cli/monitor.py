"""`relevo monitor`: follow the logs of nodes from outside, without being registered anywhere.

    FOLDER/es:retorno_log.checkpoint           the newest head that was seen of each log, as it was signed
    FOLDER/es:retorno_log.alarm-1.txt          both heads of a contradiction, one after the other; never overwritten

One line for each log and round; a contradiction ends the command with status 1, once every log was asked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from relevo.cli import show
from relevo.delivery import monitor
from relevo.delivery.monitor import Followed
from relevo.delivery.transport import Transport
from relevo.errors import BadInput, RelevoError, WireError
from relevo.protocol.checkpoint import read_checkpoint
from relevo.protocol.cosignature import WITNESS_ALGORITHM, CosignatureMissing, read_cosignature
from relevo.protocol.keys import VerifyKey
from relevo.protocol.signed_note import read_verifier_key

_CONTRADICTIONS = (monitor.LogShrank, monitor.LogRewritten)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What is followed, whose cosignatures are looked for, where heads are kept, and whether entries are read too."""

    logs: tuple[Followed, ...]
    witnesses: tuple[tuple[str, VerifyKey], ...]
    folder: Path
    entries: bool


def watch_of(logs: Sequence[str], witnesses: Sequence[str], folder: Path, *, entries: bool) -> Watch:
    """What the options of the command mean.

    Raises:
        BadInput: if one of them is not an address with a verifier key, or not a verifier key.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return Watch(
        logs=tuple(_followed(one) for one in logs),
        witnesses=tuple(_key(one, WITNESS_ALGORITHM) for one in witnesses),
        folder=folder,
        entries=entries,
    )


def run(watch: Watch, transport: Transport, *, every: float | None) -> bool:
    """Ask every log once, or again and again until a contradiction shows; whether none did."""
    while True:
        fine = [_ask(watch, transport, log) for log in watch.logs]
        if every is None or not all(fine):
            return all(fine)
        time.sleep(every)


def _ask(watch: Watch, transport: Transport, log: Followed) -> bool:
    file = watch.folder / f"{log.origin.replace('/', '_')}.checkpoint"
    known = file.read_text(encoding="utf-8") if file.is_file() else None
    try:
        shown = monitor.newest(transport, log)
        told = _look(watch, transport, log, known, shown)
    except _CONTRADICTIONS as contradiction:
        kept = _keep(file, known or "", shown)
        show.marked("✗ ALARM ", f"{contradiction.detail} ({contradiction.code}). Both heads: {kept}", "bold red")
        return False
    except RelevoError as fault:
        show.marked("· later ", f"{log.origin} could not be asked: {fault.detail} ({fault.code})", "yellow")
        return True
    _write(file, shown)
    show.marked("✓ holds ", told, "green")
    return True


def _look(watch: Watch, transport: Transport, log: Followed, known: str | None, shown: str) -> str:
    size = read_checkpoint(shown, log.origin, log.key).size
    before = read_checkpoint(known, log.origin, log.key).size if known else 0
    if known:
        monitor.require_continues(transport, log, known, shown)
    if watch.entries:
        monitor.require_entries(transport, log, shown, before)
    grew = "first seen" if known is None else f"{size - before or 'no'} more than before"
    seen = [name for name, key in watch.witnesses if _is_cosigned(shown, name, key)]
    by = f"; seen by {', '.join(seen)}" if seen else ""
    return f"{log.origin}: {size} entries, {grew}{by}."


def _is_cosigned(note: str, name: str, key: VerifyKey) -> bool:
    try:
        read_cosignature(note, name.removesuffix("/witness"), key)
    except CosignatureMissing:
        return False
    return True


def _keep(file: Path, known: str, shown: str) -> Path:
    for number in count(1):
        kept = file.with_suffix(f".alarm-{number}.txt")
        if not kept.exists():
            kept.write_text(f"{known}\n{shown}", encoding="utf-8")
            return kept
    raise AssertionError


def _write(file: Path, note: str) -> None:
    fresh = file.with_suffix(".next")
    fresh.write_text(note, encoding="utf-8")
    fresh.replace(file)


def _followed(given: str) -> Followed:
    address, separator, written = given.partition("=")
    if not separator or not address.startswith(("https://", "http://")):
        raise BadInput("a log is written ADDRESS=VERIFIER_KEY, as `log show` prints the key", field="log")
    origin, key = _key(written, None)
    return Followed(address=address, origin=origin, key=key)


def _key(written: str, algorithm: bytes | None) -> tuple[str, VerifyKey]:
    try:
        return read_verifier_key(written) if algorithm is None else read_verifier_key(written, algorithm)
    except WireError as fault:
        raise BadInput(f"this is not a verifier key: {fault.detail}", field="log") from None

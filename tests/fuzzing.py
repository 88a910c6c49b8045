"""`make fuzz SECONDS=60`: coverage-guided fuzzing (atheris) of what reads other people's bytes, target by target.

A finding is whatever a door (`support.doors`) lets out that is not an error of our tree, one input that takes longer
than 10 s or more than 2 GB, and, at a signed door, bytes that are taken for what no sample says. Seeds are the samples
of the doors. What the fuzzer found interesting stays in build/fuzz/<target>/seen for the next run, what it found wrong
in build/fuzz/<target>/found. The figures go to the terminal and to build/fuzz.json; the exit status is 1 on a finding.

Arguments: seconds for each target, then names of targets; all of `TARGETS` unless any is named. `all` is every door.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROOM = ROOT / "build" / "fuzz"
TARGETS = (
    "envelope",
    "plaintext of a peer",
    "statement",
    "statement of a peer",
    "sd-jwt",
    "disclosures of a peer",
    "inner disclosures of a peer",
    "hop request",
    "hop parameters of a peer",
    "json",
    "evidence",
    "sop",
    "content of a peer",
    "witness request",
    "cosignatures",
)
INSTRUMENTED = ["relevo", "host_node", "origin_node", "http_message_signatures", "http_sf"]
LIMITS = ("-timeout=10", "-rss_limit_mb=2048", "-max_len=65536", "-print_final_stats=1")
EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
COVERED = re.compile(r"cov: (\d+) ft: (\d+)")
Figures = dict[str, Any]


def main(seconds: str, *names: str) -> int:
    """Fuzz each target for so long; how many found something."""
    chosen = _every() if names == ("all",) else names or TARGETS
    results = {name: _run(name, int(seconds)) for name in chosen}
    report = ROOT / "build" / "fuzz.json"
    report.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return sum(1 for figures in results.values() if figures["findings"])


def attack(name: str, *flags: str) -> None:
    """Be the process that fuzzes one target; does not return."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=INSTRUMENTED):
        doors = importlib.import_module("support.doors")
        errors = importlib.import_module("relevo.errors")
    door = doors.DOORS[name]
    meanings = [door.take(sample) for sample in door.samples] if door.signed else []

    def knock(raw: bytes) -> None:
        try:
            said = door.take(raw)
        except errors.RelevoError:
            return
        if door.signed and said not in meanings:
            raise AssertionError("taken for what nobody signed")

    _seed(Path(flags[-1]), door, errors.RelevoError)
    atheris.Setup([name, *flags], knock)
    atheris.Fuzz()


def _seed(seen: Path, door: Any, refusal: type[Exception]) -> None:  # noqa: ANN401 - imported late
    """Put the samples among the inputs, and take out what earlier runs signed with other salts."""
    for file in seen.iterdir() if door.signed else ():
        with suppress(refusal):
            door.take(file.read_bytes())
            file.unlink()
    for place, sample in enumerate(door.samples):
        (seen / f"sample-{place}").write_bytes(sample)


def _every() -> tuple[str, ...]:
    return tuple(importlib.import_module("support.doors").DOORS)


def _run(name: str, seconds: int) -> Figures:
    room = ROOM / name.replace(" ", "-")
    seen, found = room / "seen", room / "found"
    for folder in (seen, found):
        folder.mkdir(parents=True, exist_ok=True)
    flags = (f"-max_total_time={seconds}", f"-artifact_prefix={found}/", *LIMITS, str(seen))
    ran = subprocess.run(  # noqa: S603 - our own interpreter and file
        [sys.executable, __file__, "--target", name, *flags], capture_output=True, text=True, check=False, cwd=ROOT
    )
    (room / "log.txt").write_text(ran.stdout + ran.stderr, encoding="utf-8")
    figures = _figures(ran, found)
    sys.stdout.write(f"{name:30} {figures['executions']:>9} runs  {figures['covered']:>5} edges  ")
    sys.stdout.write(f"{figures['features']:>6} features  {len(figures['findings'])} findings\n")
    sys.stdout.flush()
    return figures


def _figures(ran: subprocess.CompletedProcess[str], found: Path) -> Figures:
    executed, covered = EXECUTED.findall(ran.stderr), COVERED.findall(ran.stderr)
    findings = [str(file.relative_to(ROOT)) for file in sorted(found.iterdir())]
    if ran.returncode and not findings:
        findings = [f"ended with status {ran.returncode}: {ran.stderr[-300:]}"]
    return {
        "executions": int(executed[-1]) if executed else 0,
        "covered": int(covered[-1][0]) if covered else 0,
        "features": int(covered[-1][1]) if covered else 0,
        "findings": findings,
    }


if __name__ == "__main__":
    if sys.argv[1] == "--target":
        attack(*sys.argv[2:])
    sys.exit(min(main(*sys.argv[1:]), 1))

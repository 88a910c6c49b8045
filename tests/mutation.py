"""`make mutants`: how many planted faults in `relevo.domain` the tests of the rules notice.

mutmut plants one small fault at a time (a comparison turned round, a constant changed, a branch left out) and runs the
tests that reach it. A mutant that no test kills is either a test that is missing or a difference that does not show:
the first kind gets a test, the second kind is explained in docs/mutants.md.

The rules and their tests are copied to build/mutation, because mutmut wants the package beside its own settings. What
was killed there stays killed: a second run meets the mutants that lived, and those of functions that changed.
Remove build/mutation to begin anew. The score goes to the terminal and to build/mutants.json: per module, how many were
planted, and which are alive. Arguments go to mutmut and choose mutants by name, as in
`make mutants ARGS='relevo.domain.gate*'`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOM = ROOT / "build" / "mutation"
MUTMUT = Path(sys.executable).with_name("mutmut")
KILLED = frozenset({"killed", "timeout", "caught by type check"})
UNTRIED = "not checked"
ALIVE = frozenset({0, 5, 33})
"""How a run of pytest ends where no test fails, and what mutmut writes where none would run."""
SETTINGS = """
[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["tests", "."]
addopts = ["--import-mode=importlib", "-q"]

[tool.mutmut]
source_paths = ["relevo/domain"]
also_copy = ["relevo", "shared"]
pytest_add_cli_args_test_selection = ["tests/relevo/domain"]
use_git_change_detection = false
"""
CONFTEST = """
import os
import time

from hypothesis import Phase, settings

from relevo.domain.sop import parse_sop

settings.register_profile(
    "mutants", max_examples=25, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("mutants")
os.environ["TZ"] = "Pacific/Kiritimati"
time.tzset()


def pytest_sessionstart():
    parse_sop.cache_clear()
"""
"""What the tests of a mutant stand on.

Nobody reads the smallest example that kills a mutant, so none is looked for, which would take most of the time. The
machine is put far east of UTC, so that a rule that reads its date does not pass by luck. Procedures that were read
before the fault was planted are forgotten.
"""


def prepare() -> None:
    """Lay out the rules, what they stand on, and their tests."""
    for source, target in (
        ("shared/relevo", "relevo"),
        ("shared/sops", "shared/sops"),
        ("tests/relevo/domain", "tests/relevo/domain"),
        ("tests/support", "tests/support"),
    ):
        shutil.rmtree(ROOM / target, ignore_errors=True)
        shutil.copytree(ROOT / source, ROOM / target, ignore=shutil.ignore_patterns("__pycache__"))
    (ROOM / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (ROOM / "tests" / "conftest.py").write_text(CONFTEST, encoding="utf-8")


def try_again() -> None:
    """Forget what became of the mutants that live, so that new tests meet them; what was killed stays killed."""
    (ROOM / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    for told in (ROOM / "mutants").rglob("*.meta"):
        known = json.loads(told.read_text(encoding="utf-8"))
        became = known["exit_code_by_key"]
        known["exit_code_by_key"] = {name: None if code in ALIVE else code for name, code in became.items()}
        told.write_text(json.dumps(known), encoding="utf-8")


def results() -> dict[str, str]:
    """What became of each mutant, by its name."""
    command = [str(MUTMUT), "results", "--all", "true"]
    printed = subprocess.run(command, cwd=ROOM, check=True, capture_output=True, text=True).stdout  # noqa: S603 (our own)
    pairs = (line.strip().rsplit(": ", 1) for line in printed.splitlines() if ": " in line)
    return {one[0]: one[1] for one in pairs}


def main() -> int:
    """Plant, test, count."""
    prepare()
    try_again()
    ended = subprocess.run([str(MUTMUT), "run", *sys.argv[1:]], cwd=ROOM, check=False)  # noqa: S603 (our own)
    if ended.returncode:
        sys.stderr.write("mutmut could not run: either a test fails without a mutant, or no mutant has such a name.\n")
        return ended.returncode
    report()
    return 0


def report() -> None:
    """Write the score; what was not tried counts for nothing."""
    planted: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    alive: defaultdict[str, list[str]] = defaultdict(list)
    for name, became in results().items():
        module = ".".join(name.split(".")[:3])
        planted[module] += 1
        tried[module] += became != UNTRIED
        if became not in KILLED | {UNTRIED}:
            alive[module].append(f"{name} ({became})")
    for module in sorted(planted):
        killed = tried[module] - len(alive[module])
        sys.stdout.write(f"{module:44} {planted[module]:5} planted {tried[module]:5} tried {killed:5} killed\n")
    met, left = sum(tried.values()), sum(map(len, alive.values()))
    sys.stdout.write(f"killed {met - left} of {met} mutants, {(met - left) / max(met, 1):.1%}\n")
    told = {one: {"planted": planted[one], "tried": tried[one], "alive": alive[one]} for one in sorted(planted)}
    (ROOM.parent / "mutants.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

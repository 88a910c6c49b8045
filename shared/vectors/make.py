"""Writes the test vectors, and the tables and examples of the documents, anew.

    python -m vectors.make            writes shared/vectors/*.json and the marked places of the documents
    python -m vectors.make --check    writes nothing; exit status 1 if something would change

All keys are invented and always the same: seeds are SHAKE-256 of their names. Signatures are deterministic (Ed25519);
ciphertexts are not, so they are made once and kept in `making/sealed.json` for as long as they open. Results and codes
are written down case by case and never taken from the code that they check.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from vectors.making import (
    contents,
    document,
    envelopes,
    hops,
    logs,
    nodes,
    organisations,
    parties,
    spelling,
    standards,
    tokens,
)
from vectors.making.cases import Vectors

FOLDER = Path(__file__).parent
DOCUMENTS = (FOLDER / "README.md", FOLDER.parents[1] / "docs" / "protocol.md")
MAKERS = (spelling, nodes, tokens, contents, envelopes, organisations, hops, logs, standards)


def made() -> dict[Path, str]:
    """Every file that this script writes, with what it writes."""
    files = [one for maker in MAKERS for one in maker.files()]
    written = {FOLDER / f"{one.subject}.json": _text(one) for one in files}
    written |= {path: document.filled(path.read_text(encoding="utf-8"), files) for path in DOCUMENTS}
    written[parties.KEPT] = parties.kept()
    return written


def stale() -> list[Path]:
    """The files that would change, and those that nothing here makes."""
    wanted = made()
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return changed + [path for path in sorted(FOLDER.glob("*.json")) if path not in wanted]


def main() -> int:
    """Write, or with `--check` compare; the exit status."""
    if "--check" in sys.argv:
        for path in stale():
            sys.stdout.write(f"would change: {path}\n")
        return 1 if stale() else 0
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")
    return 0


def _text(one: Vectors) -> str:
    return json.dumps(one.written(), ensure_ascii=True, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())

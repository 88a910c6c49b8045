"""A process that keeps heads outside as a node with a database of its own does: `python -m support.swapping`.

It writes head after head of one history, each only in the place of one of the same history, and at the end the sizes
that it was allowed to keep, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from relevo.delivery.outside_head import KeptHead, OutsideHead


def keep_on(folder: Path, history: str, sizes: range) -> list[int]:
    """Try each size in turn; those that were kept."""
    outside, kept = OutsideHead(folder), []
    for size in sizes:
        with outside.alone() as held:
            if held is None or held.note.startswith(f"{history} "):
                outside.write(KeptHead(size=size, note=f"{history} {size}", kept_at=size))
                kept.append(size)
    return kept


if __name__ == "__main__":
    sys.stdout.write(json.dumps(keep_on(Path(sys.argv[1]), sys.argv[2], range(1, int(sys.argv[3]) + 1))))

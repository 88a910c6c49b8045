"""How the demo prints a line: what is too long goes on under its own beginning, with no blanks at the ends of lines."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.text import Text

_NARROWEST = 30


def hanging(console: Console, head: Text, text: str, style: str = "") -> None:
    """Print `head` and `text` beside it; further lines stand under the first word of the text."""
    indent = head.cell_len
    width = max(_NARROWEST, console.width - indent)
    first, *others = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    console.print(Text.assemble(head, (first, style)), soft_wrap=True)
    for line in others:
        console.print(Text.assemble(" " * indent, (line, style)), soft_wrap=True)

"""Where the errors of Relevo end on a command line: as words, with exit status 2, and never as a traceback.

Exit statuses: 0 done; 1 a check of evidence failed; 2 refused, or called wrongly; 3 evidence holds, and shows that
something was not kept.
"""

from __future__ import annotations

from typing import Any

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from relevo.cli import show
from relevo.cli.context import DatabaseUnavailable
from relevo.errors import Misconfigured, RelevoError

REFUSED = 2


class FileUnusable(Misconfigured):
    """A file or a folder cannot be read or written."""

    code = "file-unusable"
    advice = "See that the folder is there, is yours and has room, then try again."


class Commands(TyperGroup):
    """A group of commands that says what was refused, and why, in words."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401 - Typer hides its own types
        """Run the command that was called."""
        try:
            return super().invoke(ctx)
        except RelevoError as fault:
            show.error(fault)
        except DBAPIError:
            show.error(DatabaseUnavailable())
        except OSError as fault:
            show.error(FileUnusable(f"{fault.filename or 'a file'}: {fault.strerror}"))
        raise typer.Exit(REFUSED)

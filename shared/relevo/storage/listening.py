"""Hearing the bell of other processes on one PostgreSQL database: `LISTEN` on a connection of its own.

What others rang sets the bell of this process (`Database.bell`). When the database is gone the connection is made anew
until it is back, and the bell is set then, because nobody heard what rang meanwhile. On SQLite there is nobody else.
"""

from __future__ import annotations

import selectors
import socket
import threading

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from relevo.storage.database import BELL, Database

EVENTS = structlog.get_logger("relevo.listening")


PAUSE_SECONDS = 1.0
"""How long it waits before it asks again for a database that is gone."""


class Listener:
    """Listens in a thread of its own from `start` to `stop`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._end: socket.socket | None = None

    def start(self) -> None:
        """Begin, where others could ring."""
        if self._database.is_shared:
            self._end, ended = socket.socketpair()
            self._thread = threading.Thread(target=self._run, args=(ended,), name="relevo-bell")
            self._thread.start()

    def stop(self) -> None:
        """End at once."""
        self._stop.set()
        if self._thread is not None and self._end is not None:
            self._end.close()
            self._thread.join()

    def _run(self, ended: socket.socket) -> None:
        with ended:
            while not self._stop.is_set():
                try:
                    self._listen(ended)
                except (DBAPIError, psycopg.Error):
                    EVENTS.warning("the bell is not heard", code="database-unavailable")
                    self._stop.wait(PAUSE_SECONDS)

    def _listen(self, ended: socket.socket) -> None:
        """Set the bell of this process whenever another rings, until either end closes."""
        with self._database.engine.connect() as connection, selectors.DefaultSelector() as either:
            heard = connection.connection.driver_connection
            if not isinstance(heard, psycopg.Connection):
                raise TypeError("not psycopg")
            connection.detach()
            connection.exec_driver_sql(f"LISTEN {BELL}")
            either.register(heard, selectors.EVENT_READ)
            either.register(ended, selectors.EVENT_READ)
            self._database.bell.set()
            while not self._stop.is_set():
                either.select()
                for rung in heard.notifies(timeout=0):
                    if rung.payload != self._database.name:
                        self._database.bell.set()

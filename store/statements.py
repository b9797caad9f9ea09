"""Statements that write, made once: most of what a batch costs would otherwise be spent on making them ready again.

SQLAlchemy says how a statement reads and how its values are written, on either database. On SQLite, where a statement takes
microseconds, that is asked once, and the driver is handed the text from then on.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Delete, Insert, Update
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


class Write:
    """A statement that writes, and returns nothing. It writes the values that a call names; the rows of a call name the same."""

    def __init__(self, statement: Insert | Update | Delete) -> None:
        self.statement: Final = statement
        self._ready: dict[tuple[str, ...], tuple[str, Callable[[Values], tuple[Any, ...]]]] = {}

    def __call__(self, connection: Connection, values: Values | Sequence[Values]) -> None:
        """Run it, once or for each row. Raises what SQLAlchemy raises."""
        if connection.dialect.name != "sqlite":
            connection.execute(self.statement, values)
            return
        rows = [values] if isinstance(values, Mapping) else values
        names = tuple(rows[0])
        if names not in self._ready:
            self._ready[names] = _ready(self.statement, connection, list(names))
        sql, written = self._ready[names]
        driver: Any = connection.connection.driver_connection
        try:
            driver.executemany(sql, [written(row) for row in rows])
        except sqlite3.Error as error:
            # Without the statement and its values, which may be a patient's.
            raise DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True) from error


def _ready(
    statement: Insert | Update | Delete, connection: Connection, names: list[str]
) -> tuple[str, Callable[[Values], tuple[Any, ...]]]:
    compiled: Any = statement.compile(dialect=connection.dialect, column_keys=names)
    order: list[str] = compiled.positiontup
    ways = [
        compiled.binds[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        for name in order
    ]
    pick = itemgetter(*order) if len(order) > 1 else lambda values: (values[order[0]],)
    to_write = [(index, way) for index, way in enumerate(ways) if way is not None]

    def written(values: Values) -> tuple[Any, ...]:
        row = list(pick(values))
        for index, way in to_write:
            row[index] = way(row[index])
        return tuple(row)

    return str(compiled), written

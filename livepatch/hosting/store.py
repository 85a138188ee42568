"""`ScriptStore`: scripts as text in a database, every version kept; the one user of SQLAlchemy.

Invariant: a version is a row that never changes. A deletion is a version without code, and the
highest version counts, so two writers cannot both be the next: the primary key decides.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import sqlalchemy as sql
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from livepatch.errors import ConflictError, StoreError, UsageError
from livepatch.watching import forking

CHANNEL: Final = "livepatch_scripts"
_ATTEMPTS: Final = 10
_NAME_LENGTH: Final = 200

_metadata = sql.MetaData()
_versions = sql.Table(
    "livepatch_script_versions",
    _metadata,
    sql.Column("name", sql.String(_NAME_LENGTH), primary_key=True),
    sql.Column("version", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("code", sql.Text),  # NULL: the script was deleted
    sql.Column("author", sql.String(_NAME_LENGTH), nullable=False),
    sql.Column("note", sql.Text, nullable=False),
    sql.Column("hash", sql.String(64), nullable=False),
    sql.Column("signature", sql.LargeBinary),
    sql.Column("created", sql.DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True)
class ScriptVersion:
    """One version of a script; `hash` is the SHA-256 of its code. Without code: a deletion."""

    name: str
    version: int
    code: str
    author: str
    note: str
    hash: str
    created: dt.datetime
    signature: bytes | None = None
    deleted: bool = False


def hash_of(code: str) -> str:
    """Give the content hash of a script."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


class ScriptStore:
    """Scripts by name, in the database at `url`: SQLite by default, PostgreSQL and others by URL.

    Any thread and any number of processes may use one database at once.
    """

    def __init__(self, url: str = "sqlite:///scripts.db") -> None:
        """Make the table where there is none; raise `StoreError` where there is no database."""
        try:
            parsed = sql.make_url(url)
        except SQLAlchemyError as error:
            message = f"ScriptStore: {url!r} is no database URL ({error})"
            raise UsageError(message) from error
        self.url = parsed.render_as_string(hide_password=True)
        is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in {
            None,
            "",
            ":memory:",
        }
        self._file = os.path.abspath(str(parsed.database)) if is_file else None  # noqa: PTH100
        # A pool would keep a deleted file of SQLite open, and go on reading it.
        pool = {"poolclass": sql.NullPool} if is_file else {"pool_pre_ping": True}
        try:
            self._engine = sql.create_engine(parsed, **pool)
        except (SQLAlchemyError, ImportError) as error:
            message = f"ScriptStore: {self.url}: {error}"
            raise StoreError(message) from error
        self._make_table()
        forking.carry_over(self)

    def _make_table(self) -> None:
        try:
            _metadata.create_all(self._engine)
        except SQLAlchemyError:
            try:
                _metadata.create_all(self._engine)  # another process may have been first
            except SQLAlchemyError as error:
                self._fail(error)

    def halt(self) -> None:
        """Have nothing to do before a fork."""

    def resume(self, *, in_child: bool) -> None:
        """Leave the connections to the parent, and open others, after a fork."""
        if in_child:
            self._engine.dispose(close=False)

    def put(  # noqa: PLR0913  what is known of a version
        self,
        name: str,
        code: str,
        author: str = "",
        note: str = "",
        *,
        expected: int | None = None,
        signature: bytes | None = None,
    ) -> ScriptVersion:
        """Make `code` the newest version of `name` and give it; equal code makes no new one.

        Raises `ConflictError` where the newest version is not `expected` (0: there is none).
        """
        return self._put(name, code, author, note, expected, signature)

    def restore(
        self, name: str, version: int, author: str = "", *, expected: int | None = None
    ) -> ScriptVersion:
        """Make the code of an old version the newest one; its author and signature stay."""
        old = self.get(name, version)
        by = f" by {author}" if author else ""
        note = f"version {version} restored{by}"
        return self._put(name, old.code, old.author, note, expected, old.signature)

    def delete(
        self, name: str, author: str = "", note: str = "", *, expected: int | None = None
    ) -> ScriptVersion:
        """Make `name` deleted; its versions stay, and each can be restored."""
        self.get(name)
        return self._put(name, None, author, note, expected, None)

    def get(self, name: str, version: int | None = None) -> ScriptVersion:
        """Give a version of `name`, the newest for None; raise `StoreError` where there is none."""
        with self._connection() as connection:
            found = self._head(connection, name, version)
        if found is None or found.deleted:
            what = name if version is None else f"{name}, version {version}"
            why = "was deleted" if found is not None else "is not there"
            message = f"the script {what} {why}"
            raise StoreError(message)
        return found

    def versions(self, name: str) -> tuple[ScriptVersion, ...]:
        """Give all versions of `name`, oldest first, deletions included."""
        query = sql.select(_versions).where(_versions.c.name == name)
        with self._connection() as connection:
            rows = connection.execute(query.order_by(_versions.c.version)).mappings().all()
        return tuple(_version(row) for row in rows)

    def heads(self) -> dict[str, ScriptVersion]:
        """Give the newest version of every script, without the code, deletions included."""
        columns = [column for column in _versions.c if column.name != "code"]
        newest = (
            sql.select(_versions.c.name, sql.func.max(_versions.c.version).label("version"))
            .group_by(_versions.c.name)
            .subquery()
        )
        same = sql.and_(
            newest.c.name == _versions.c.name, newest.c.version == _versions.c.version
        )
        is_deleted = _versions.c.code.is_(None).label("deleted")
        query = sql.select(*columns, is_deleted).join(newest, same).order_by(_versions.c.name)
        with self._connection() as connection:
            rows = connection.execute(query).mappings().all()
        return {
            row["name"]: _version({**row, "code": None}, deleted=bool(row["deleted"]))
            for row in rows
        }

    def names(self) -> tuple[str, ...]:
        """Give the names of the scripts that are not deleted, in order."""
        return tuple(name for name, head in self.heads().items() if not head.deleted)

    def listen(self) -> Listener | None:
        """Give what tells of changes at once, on PostgreSQL; None where only polling helps."""
        if self._engine.dialect.name != "postgresql":
            return None
        try:
            connection: Any = self._engine.raw_connection()
            connection.detach()
            return Listener(connection.dbapi_connection)
        except (SQLAlchemyError, OSError) as error:
            self._fail(error)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _put(  # noqa: PLR0913, PLR0917
        self,
        name: str,
        code: str | None,
        author: str,
        note: str,
        expected: int | None,
        signature: bytes | None,
    ) -> ScriptVersion:
        if not name.strip() or len(name) > _NAME_LENGTH or not name.isprintable():
            message = f"{name!r} is no name for a script"
            raise UsageError(message)
        digest = hash_of(code or "")
        for _ in range(_ATTEMPTS):
            with self._connection() as connection:
                head = self._head(connection, name, None)
                newest = head.version if head is not None else 0
                if expected is not None and expected != newest:
                    raise ConflictError(name, expected=expected, found=newest)
                same = (digest, signature, code is None)
                if head is not None and same == (head.hash, head.signature, head.deleted):
                    return head
                row = {
                    "name": name, "version": newest + 1, "code": code, "author": author,
                    "note": note, "hash": digest, "signature": signature,
                    "created": dt.datetime.now(dt.UTC),
                }  # fmt: skip
                try:
                    connection.execute(sql.insert(_versions).values(row))
                    if self._engine.dialect.name == "postgresql":
                        connection.execute(sql.select(sql.func.pg_notify(CHANNEL, name)))
                    connection.commit()
                except IntegrityError:
                    connection.rollback()  # somebody else was first: look again
                    continue
                return _version(row)
        message = f"{name}: {_ATTEMPTS} others were first; try again"
        raise StoreError(message)

    @staticmethod
    def _head(
        connection: sql.Connection, name: str, version: int | None
    ) -> ScriptVersion | None:
        query = sql.select(_versions).where(_versions.c.name == name)
        if version is None:
            query = query.order_by(_versions.c.version.desc()).limit(1)
        else:
            query = query.where(_versions.c.version == version)
        row = connection.execute(query).mappings().first()
        return _version(row) if row is not None else None

    @contextmanager
    def _connection(self) -> Iterator[sql.Connection]:
        if self._file is not None and not os.path.exists(self._file):  # noqa: PTH110
            message = f"the script store {self.url} is gone: there is no file {self._file}"
            raise StoreError(message)
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> NoReturn:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = str(cause).strip().split("\n")[0]
        message = f"the script store {self.url} cannot be used: {reason}"
        raise StoreError(message) from error

    def __repr__(self) -> str:
        """Give one line: where the scripts are."""
        return f"<ScriptStore {self.url}>"


def _version(row: Mapping[Any, Any], *, deleted: bool | None = None) -> ScriptVersion:
    created: dt.datetime = row["created"]
    if created.tzinfo is None:  # SQLite keeps no zone; what was written is UTC
        created = created.replace(tzinfo=dt.UTC)
    return ScriptVersion(
        row["name"], row["version"], row["code"] or "", row["author"], row["note"], row["hash"],
        created, row["signature"], row["code"] is None if deleted is None else deleted,
    )  # fmt: skip


class Listener:
    """A connection to PostgreSQL on which the server tells of every `put`."""

    def __init__(self, connection: Any) -> None:
        """Begin to listen; `connection` is psycopg's, version 2 or 3, and ours alone."""
        self._connection = connection
        connection.rollback()
        connection.autocommit = True
        connection.cursor().execute(f"LISTEN {CHANNEL}")
        self._alarm, self._wake = socket.socketpair()

    def wait(self, seconds: float) -> bool:
        """Return when something changed, after `seconds`, or after a `wake`; True for a change.

        Raises `StoreError` when the server has gone.
        """
        try:
            ready, _, _ = select.select([self._connection, self._alarm], [], [], seconds)
            return self._connection in ready and self._drain()
        except Exception as error:
            message = f"the database no longer tells of changes: {error}"
            raise StoreError(message) from error

    def _drain(self) -> bool:
        if hasattr(self._connection, "poll"):  # psycopg 2
            self._connection.poll()
            if self._connection.closed:
                message = "the connection is closed"
                raise ConnectionError(message)
            heard = bool(self._connection.notifies)
            self._connection.notifies.clear()
            return heard
        return bool(list(self._connection.notifies(timeout=0)))

    def wake(self) -> None:
        """Make `wait` return at once, for good."""
        self._wake.send(b"\0")

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
        self._alarm.close()
        self._wake.close()

"""What the tests of hosts share: a patcher of their own, files, and a way to wait for news."""

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from livepatch.patching.patcher import Patcher

PATIENCE = 20.0


class News:
    """Collects what a host tells of, from any thread; tests wait for it and never sleep."""

    def __init__(self):
        self._queue = queue.SimpleQueue()
        self.seen = []

    def __call__(self, event):
        self._queue.put(event)

    def next(self, wanted=lambda _: True):
        """Give the first further event that `wanted` takes."""
        while True:
            try:
                event = self._queue.get(timeout=PATIENCE)
            except queue.Empty:
                pytest.fail(f"it was never told of; seen: {self.seen}")
            self.seen.append(event)
            if wanted(event):
                return event

    def kind(self, kind):
        """Give the first further event of this kind."""
        return self.next(lambda event: event.kind == kind)


class Folder:
    """A folder of files that tests write."""

    def __init__(self, path):
        self.path = path

    def write(self, name, text):
        """Make `text`, without its common indentation, the content of `name`."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return file

    def replace(self, name, text):
        """Do the same as editors do that rename a new file over the old one."""
        beside = self.write(f".{name}.new", text)
        beside.replace(self.path / name)
        return self.path / name


@pytest.fixture
def patcher():
    return Patcher()


@pytest.fixture
def news():
    return News()


@pytest.fixture
def folder(tmp_path):
    """Give a folder; modules of its files are gone after the test."""
    path = tmp_path.resolve() / "hosted"
    path.mkdir()
    before = set(sys.modules)
    yield Folder(path)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(path)):
            del sys.modules[name]


def find_binaries():
    """Give the folder of `initdb` and `pg_ctl`, or None."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").exists()), None)


class Server:
    """A PostgreSQL server of the tests' own: in a temporary folder, on a socket there, as no root."""

    def __init__(self, binaries):
        self._binaries = binaries
        self._user, self._group = _other_user()
        self.folder = Path(tempfile.mkdtemp(prefix="lp-pg-"))  # short: it is a socket's path
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "tests", "--no-sync")
        self.start()

    @property
    def data(self):
        return self.folder / "data"

    @property
    def url(self):
        return f"postgresql+psycopg://tests@/postgres?host={self.folder}"

    def start(self):
        options = f"-c listen_addresses='' -c fsync=off -k {self.folder}"
        self._run(
            "pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-o", options,
            "-l", str(self.folder / "log"), "start",
        )  # fmt: skip

    def stop(self):
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", "immediate", "stop")

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *arguments):
        subprocess.run(
            [self._binaries / program, *arguments],
            check=True,
            cwd=self.folder,
            user=self._user,
            group=self._group,
            extra_groups=[] if self._user else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=90,
        )


def _other_user():
    """Give whom to run as, and their group: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None, None
    import pwd

    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = entries.get("postgres") or entries["nobody"]
    return entry.pw_name, entry.pw_gid


@pytest.fixture(scope="session")
def postgres():
    """Give a running PostgreSQL server; the tests that need one are skipped where none is."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: no tests on PostgreSQL")
    if sys.platform == "win32":
        pytest.skip("no PostgreSQL server is started on Windows")
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: its tests are skipped")
    server = Server(binaries)
    yield server
    server.close()


@pytest.fixture
def clean_database(postgres):
    """Give the URL of an empty database."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(postgres.url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE IF EXISTS livepatch_script_versions"))
    return postgres.url

"""The script store keeps every version, on SQLite and on a PostgreSQL server of the tests' own."""

import hashlib
import threading

import pytest

pytest.importorskip("sqlalchemy")

from livepatch.errors import ConflictError, StoreError, UsageError
from livepatch.hosting import ScriptStore


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'scripts.db'}"
    else:
        url = request.getfixturevalue("clean_database")
    made = ScriptStore(url)
    yield made
    made.close()


def test_a_version_is_given_back_as_it_was_put(store):
    put = store.put("daily", "x = 'ä'\n", "ada", "the first")
    got = store.get("daily")
    assert got == put
    assert (got.name, got.version, got.code, got.author) == ("daily", 1, "x = 'ä'\n", "ada")
    assert (got.note, got.deleted) == ("the first", False)
    assert got.hash == hashlib.sha256("x = 'ä'\n".encode()).hexdigest()
    assert got.created.utcoffset().total_seconds() == 0


def test_every_version_is_kept(store):
    for number in (1, 2, 3):
        assert store.put("daily", f"x = {number}").version == number
    assert [version.code for version in store.versions("daily")] == ["x = 1", "x = 2", "x = 3"]
    assert store.get("daily", 2).code == "x = 2"
    assert store.get("daily").version == 3


def test_equal_code_makes_no_new_version(store):
    first = store.put("daily", "x = 1", "ada")
    assert store.put("daily", "x = 1", "bob") == first
    assert len(store.versions("daily")) == 1


def test_restore_makes_an_old_version_the_newest(store):
    store.put("daily", "x = 1", "ada")
    store.put("daily", "x = 2", "eve")
    restored = store.restore("daily", 1, "bob")
    assert (restored.version, restored.code, restored.author) == (3, "x = 1", "ada")
    assert restored.note == "version 1 restored by bob"


def test_a_deleted_script_is_gone_and_can_be_restored(store):
    store.put("daily", "x = 1")
    store.put("other", "x = 1")
    store.delete("daily", "bob")
    assert store.names() == ("other",)
    with pytest.raises(StoreError, match="daily was deleted"):
        store.get("daily")
    with pytest.raises(StoreError, match="daily was deleted"):
        store.delete("daily")
    assert [version.deleted for version in store.versions("daily")] == [False, True]
    assert store.restore("daily", 1).version == 3
    assert store.names() == ("daily", "other")
    store.delete("daily")
    assert store.put("daily", "").version == 5


def test_what_is_not_there_is_a_store_error(store):
    store.put("daily", "x = 1")
    with pytest.raises(StoreError, match="nothing is not there"):
        store.get("nothing")
    with pytest.raises(StoreError, match="daily, version 7 is not there"):
        store.restore("daily", 7)
    assert store.versions("nothing") == ()


def test_a_put_that_expects_another_version_is_a_conflict(store):
    store.put("daily", "x = 1", expected=0)
    store.put("daily", "x = 2", expected=1)
    with pytest.raises(
        ConflictError, match="version 1 was expected, the newest is 2"
    ) as caught:
        store.put("daily", "x = 3", expected=1)
    assert (caught.value.expected, caught.value.found) == (1, 2)
    with pytest.raises(ConflictError):
        store.restore("daily", 1, expected=1)
    with pytest.raises(ConflictError):
        store.delete("daily", expected=1)
    assert store.get("daily").code == "x = 2"


def test_of_many_that_expect_the_same_version_one_wins(store):
    store.put("daily", "x = 0")
    outcomes, start = [], threading.Barrier(6)

    def write(number):
        start.wait()
        try:
            outcomes.append(store.put("daily", f"x = {number}", expected=1).version)
        except ConflictError:
            outcomes.append("conflict")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["2"] + ["conflict"] * 5


def test_of_many_that_expect_nothing_each_makes_a_version(store):
    start = threading.Barrier(4)

    def write(number):
        start.wait()
        store.put("daily", f"x = {number}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = store.versions("daily")
    assert [version.version for version in versions] == [1, 2, 3, 4]
    assert {version.code for version in versions} == {f"x = {number}" for number in range(4)}


def test_heads_are_the_newest_versions_without_their_code(store):
    store.put("a", "x = 1")
    store.put("a", "x = 2")
    store.put("b", "x = 1")
    store.delete("b")
    heads = store.heads()
    assert [(head.version, head.deleted, head.code) for head in heads.values()] == [
        (2, False, ""),
        (2, True, ""),
    ]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_a_name_that_is_none_is_refused(store, name):
    with pytest.raises(UsageError, match="no name for a script"):
        store.put(name, "x = 1")


def test_a_database_that_cannot_be_reached_is_an_error_that_says_why(tmp_path):
    with pytest.raises(StoreError, match="unable to open database file"):
        ScriptStore(f"sqlite:///{tmp_path / 'no' / 'folder' / 'x.db'}")
    (tmp_path / "text.db").write_text("this is no database, but quite a long text" * 99)
    with pytest.raises(StoreError, match="is not a database"):
        ScriptStore(f"sqlite:///{tmp_path / 'text.db'}")
    with pytest.raises(UsageError, match="no database URL"):
        ScriptStore("nonsense")


def test_a_password_is_never_shown():
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        ScriptStore("postgresql+psycopg://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)


def test_a_database_file_that_goes_away_is_an_error_until_it_is_back(tmp_path):
    file = tmp_path / "scripts.db"
    store = ScriptStore(f"sqlite:///{file}")
    store.put("daily", "x = 1")
    file.rename(tmp_path / "away.db")
    with pytest.raises(StoreError, match="is gone"):
        store.get("daily")
    with pytest.raises(StoreError, match="is gone"):
        store.put("daily", "x = 2")
    assert not file.exists()
    (tmp_path / "away.db").rename(file)
    assert store.get("daily").code == "x = 1"


def test_a_server_that_goes_away_is_an_error_until_it_is_back(postgres, clean_database):
    store = ScriptStore(clean_database)
    store.put("daily", "x = 1")
    postgres.stop()
    try:
        with pytest.raises(StoreError, match="cannot be used"):
            store.get("daily")
    finally:
        postgres.start()
    assert store.get("daily").code == "x = 1"
    store.close()


def test_postgresql_tells_of_every_put(clean_database):
    store, other = ScriptStore(clean_database), ScriptStore(clean_database)
    listener = store.listen()
    other.put("daily", "x = 1")
    assert listener.wait(20)
    listener.wake()
    assert not listener.wait(20)
    listener.close()
    store.close()
    other.close()


def test_sqlite_has_to_be_asked(tmp_path):
    assert ScriptStore(f"sqlite:///{tmp_path / 'scripts.db'}").listen() is None

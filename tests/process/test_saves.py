"""Every way in which editors save, on a real file system: each is seen, and seen once."""

import os
import queue
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from livepatch.watching.observer import WatchdogObserver, open_observer
from livepatch.watching.watcher import Watcher

LONG = 10.0
QUIET = 0.4
SOURCES = {
    "events": {},
    "poll": {"poll": 0.05},
    # On Linux watchdog holds each rename back for half a second: the quiet time has to be longer.
    "watchdog": {"observer": WatchdogObserver, "debounce": 0.7},
}
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need privileges there")


class Recorder:
    """A watcher whose batches are kept, each with what its files held at that moment."""

    def __init__(self, **options):
        self.batches = queue.Queue()
        self.warnings = []
        self.watcher = Watcher(
            apply=self.apply,
            tracked=lambda _: False,
            warn=self.warnings.append,
            **options,
        )

    def apply(self, files):
        self.batches.put({file: read(file) for file in files})

    def track(self, *paths):
        for path in paths:
            self.watcher.add_file(str(path), since=time.time() + 100)

    def next(self):
        return self.batches.get(timeout=LONG)

    def until(self, file, text):
        """Give the batches up to the first one that shows `text` in `file`."""
        seen = []
        while not seen or seen[-1].get(os.path.realpath(file)) != text:
            seen.append(self.next())
        return seen

    def has_more(self):
        try:
            self.batches.get(timeout=QUIET)
        except queue.Empty:
            return False
        return True


def read(file):
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError:
        return None


@pytest.fixture(params=SOURCES)
def recorder(request):
    made = Recorder(**SOURCES[request.param])
    yield made
    made.watcher.stop()
    assert made.warnings == []


@pytest.fixture
def module(tmp_path, recorder):
    file = tmp_path / "app.py"
    file.write_text("value = 0\n", encoding="utf-8")
    recorder.track(file)
    recorder.watcher.start()
    return file


def save_in_place(file, text):
    file.write_text(text, encoding="utf-8")


def save_in_two_steps(file, text):
    with file.open("w", encoding="utf-8") as stream:
        stream.write(text[:3])
        stream.flush()
        stream.write(text[3:])


def save_truncated_first(file, text):
    with file.open("w", encoding="utf-8"):
        pass
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text)


def save_by_rename(file, text):
    other = file.with_name(".app.py.tmp")
    other.write_text(text, encoding="utf-8")
    other.replace(file)


def save_by_rename_from_elsewhere(file, text):
    other = file.parent / "elsewhere"
    other.mkdir()
    (other / "new").write_text(text, encoding="utf-8")
    (other / "new").replace(file)


def save_like_vim(file, text):
    file.replace(file.with_name("app.py~"))
    file.write_text(text, encoding="utf-8")
    file.with_name("app.py~").unlink()


def save_deleting_first(file, text):
    file.unlink()
    file.write_text(text, encoding="utf-8")


def save_with_sed(file, text):
    if shutil.which("sed") is None or sys.platform == "darwin":
        pytest.skip("needs GNU sed")
    script = "s/.*/" + text.rstrip("\n") + "/"
    subprocess.run(["sed", "-i", script, str(file)], check=True)


def save_with_an_older_time(file, text):
    other = file.with_name(".app.py.tmp")
    other.write_text(text, encoding="utf-8")
    os.utime(other, (1_000_000_000, 1_000_000_000))
    other.replace(file)


def save_setting_the_time_back(file, text):
    file.write_text(text, encoding="utf-8")
    os.utime(file, (1_000_000_000, 1_000_000_000))


def save_keeping_the_time(file, text):
    before = file.stat()
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


WAYS = [
    save_in_place,
    save_in_two_steps,
    save_truncated_first,
    save_by_rename,
    save_by_rename_from_elsewhere,
    save_like_vim,
    save_deleting_first,
    save_with_sed,
    save_with_an_older_time,
    save_setting_the_time_back,
    save_keeping_the_time,
]


@pytest.mark.parametrize("save", WAYS, ids=lambda save: save.__name__)
def test_a_save_is_seen_whole_and_once(save, module, recorder):
    save(module, "value = 1\n")
    assert recorder.next() == {os.path.realpath(module): "value = 1\n"}
    assert not recorder.has_more()


def test_a_file_that_stays_open_is_seen_after_the_quiet_time(module, recorder):
    with module.open("w", encoding="utf-8") as stream:
        stream.write("value = 1\n")
        stream.flush()
        assert recorder.next() == {os.path.realpath(module): "value = 1\n"}


def test_of_two_saves_in_a_row_the_second_is_not_lost(module, recorder):
    for number in range(1, 21):
        save_in_place(module, f"value = {number}\n")
        save_in_place(module, f"value = {-number}\n")
        recorder.until(module, f"value = {-number}\n")


def test_saves_of_equal_size_are_told_apart(module, recorder):
    save_in_place(module, "value = 1\n")
    recorder.until(module, "value = 1\n")
    save_in_place(module, "value = 2\n")
    recorder.until(module, "value = 2\n")


@needs_links
@pytest.mark.parametrize("folder_linked", [False, True], ids=["file", "folder"])
def test_a_save_behind_a_link_is_seen(folder_linked, tmp_path, recorder):
    real = tmp_path / "real"
    real.mkdir()
    file = real / "app.py"
    file.write_text("value = 0\n", encoding="utf-8")
    if folder_linked:
        (tmp_path / "linked").symlink_to(real, target_is_directory=True)
        spelt = tmp_path / "linked" / "app.py"
    else:
        spelt = tmp_path / "app.py"
        spelt.symlink_to(file)
    recorder.track(spelt)
    recorder.watcher.start()
    save_by_rename(file, "value = 1\n")
    assert recorder.next() == {str(file): "value = 1\n"}
    save_in_place(spelt, "value = 2\n")
    assert recorder.next() == {str(file): "value = 2\n"}


@needs_links
def test_a_link_that_is_turned_elsewhere_is_seen(tmp_path):
    recorder = Recorder()
    first, second, link = (tmp_path / name for name in ("first.py", "second.py", "app.py"))
    first.write_text("value = 0\n", encoding="utf-8")
    second.write_text("value = 1\n", encoding="utf-8")
    link.symlink_to(first)
    recorder.track(link)
    recorder.watcher.start()
    (tmp_path / "new").symlink_to(second)
    (tmp_path / "new").replace(link)
    assert set(recorder.next()) == {str(first)}
    recorder.watcher.stop()


def test_a_folder_that_was_deleted_is_watched_again_when_it_is_back(tmp_path, recorder):
    folder = tmp_path / "package"
    folder.mkdir()
    file = folder / "app.py"
    file.write_text("value = 0\n", encoding="utf-8")
    recorder.track(file)
    recorder.watcher.start()
    shutil.rmtree(folder)
    recorder.until(file, None)
    folder.mkdir()
    file.write_text("value = 1\n", encoding="utf-8")
    recorder.until(file, "value = 1\n")
    save_by_rename(file, "value = 2\n")
    recorder.until(file, "value = 2\n")


def test_a_folder_moved_away_and_made_anew_is_watched_anew(tmp_path, recorder, request):
    if "watchdog" in request.node.callspec.id and sys.platform.startswith("linux"):
        pytest.skip("watchdog does not ask inotify for moves of the folder itself")
    folder = tmp_path / "package"
    folder.mkdir()
    file = folder / "app.py"
    file.write_text("value = 0\n", encoding="utf-8")
    recorder.track(file)
    recorder.watcher.start()
    folder.rename(tmp_path / "old")
    folder.mkdir()
    file.write_text("value = 1\n", encoding="utf-8")
    recorder.until(file, "value = 1\n")
    save_in_place(file, "value = 2\n")
    recorder.until(file, "value = 2\n")


@pytest.mark.parametrize("count", [100, 1000])
@pytest.mark.parametrize("save", [save_in_place, save_by_rename, save_deleting_first])
def test_files_written_one_after_another_are_one_batch(count, save, tmp_path, recorder):
    files = [tmp_path / f"part{number}" / "app.py" for number in range(10)]
    files = [file.with_name(f"m{n}.py") for file in files for n in range(count // 10)]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text("value = 0\n", encoding="utf-8")
    recorder.track(*files)
    recorder.watcher.start()
    for file in files:
        save(file, "value = 1\n")
    batch = recorder.next()
    assert batch == {os.path.realpath(file): "value = 1\n" for file in files}
    assert not recorder.has_more()


def git(folder, *words):
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=0"]
    subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)


@needs_git
def test_a_checkout_is_one_batch(tmp_path, recorder):
    files = [tmp_path / f"m{number}.py" for number in range(30)]
    git(tmp_path, "init", "-q")
    for branch, value in (("one", 1), ("two", 2)):
        git(tmp_path, "checkout", "-q", "-b", branch)
        for file in files:
            file.write_text(f"value = {value}\n", encoding="utf-8")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-qm", branch)
    recorder.track(*files)
    recorder.watcher.start()
    git(tmp_path, "checkout", "-q", "one")
    assert recorder.next() == {os.path.realpath(file): "value = 1\n" for file in files}
    assert not recorder.has_more()


@needs_git
def test_nothing_is_applied_while_git_holds_its_lock(tmp_path, recorder):
    git(tmp_path, "init", "-q")
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    for file in files:
        file.write_text("value = 0\n", encoding="utf-8")
    recorder.track(*files)
    recorder.watcher.start()
    lock = tmp_path / ".git" / "index.lock"
    lock.touch()
    for file in files:
        save_by_rename(file, "value = 1\n")
        assert not recorder.has_more()
    lock.unlink()
    assert recorder.next() == {os.path.realpath(file): "value = 1\n" for file in files}


def test_an_edit_between_import_and_start_is_not_lost(tmp_path, recorder):
    file = tmp_path / "app.py"
    file.write_text("value = 0\n", encoding="utf-8")
    recorder.watcher.add_file(str(file))
    save_by_rename(file, "value = 1\n")
    recorder.watcher.start()
    recorder.until(file, "value = 1\n")


def test_a_file_added_while_the_thread_runs_is_watched(tmp_path, recorder):
    recorder.watcher.start()
    file = tmp_path / "late.py"
    file.write_text("value = 0\n", encoding="utf-8")
    recorder.track(file)
    save_in_place(file, "value = 1\n")
    recorder.until(file, "value = 1\n")


def test_events_of_other_files_apply_nothing(module, recorder):
    (module.parent / "app.log").write_text("line\n" * 100, encoding="utf-8")
    (module.parent / "other.py").write_text("value = 1\n", encoding="utf-8")
    assert not recorder.has_more()


def test_a_noisy_log_beside_a_module_does_not_hide_its_saves(module, recorder):
    with (module.parent / "app.log").open("w", encoding="utf-8") as log:
        for number in range(1, 6):
            for _ in range(500):
                log.write("line\n")
                log.flush()
            save_in_place(module, f"value = {number}\n")
            recorder.until(module, f"value = {number}\n")


@pytest.mark.parametrize("wrap", ["wsgi", "asgi"])
def test_a_service_has_nothing_left_to_import_as_it_answers(tmp_path, wrap):
    """Each file that is imported would be a chance for every request to take its turn first."""
    (tmp_path / "app.py").write_text("def f():\n    return 1\n", encoding="utf-8")
    code = f"""
        import sys, livepatch
        from pathlib import Path
        livepatch.watch({str(tmp_path)!r}, poll=3600, report=False)
        import app
        livepatch.{wrap}(print)
        before = set(sys.modules)
        with livepatch.session():
            Path(app.__file__).write_text("def f():\\n    return 22\\n", encoding="utf-8")
            assert livepatch.refresh().ok
            assert app.f() == 1
        assert app.f() == 22
        print(sorted(set(sys.modules) - before))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")
def test_linux_needs_no_watchdog():
    code = (
        "import sys; from livepatch.watching.watcher import Watcher\n"
        "w = Watcher(apply=print, tracked=bool, warn=print); w.start(); w.stop()\n"
        "sys.exit('watchdog' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    open_observer().close()

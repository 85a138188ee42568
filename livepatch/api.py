"""The public verbs over one default `Patcher`, which is the only global state of livepatch.

Importing this module starts nothing; effects begin in `watch()` and end in `Watch.stop()`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import CodeType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from livepatch.errors import NotTrackedError, UsageError
from livepatch.patching.front import Front
from livepatch.patching.paths import real_path
from livepatch.watching import safepoints
from livepatch.watching.importing import ImportHook, untracked_modules
from livepatch.watching.outside import Outside
from livepatch.watching.reporter import Reporter, standard_error
from livepatch.watching.watcher import Watcher

# What only a patch needs is imported with the first one: it costs more than all the rest.
if TYPE_CHECKING:
    from livepatch.model import Patch
    from livepatch.patching.patcher import Patcher
    from livepatch.patching.terms import TermOptions

_front = Front()
_watches: list[Watch] = []


def default_patcher() -> Patcher:
    """Give the patcher that all verbs of this module act on; made when first asked for."""
    return _front.patcher()


class Watch:
    """What `watch()` started; as a context manager it stops at the end of the block."""

    def __init__(  # noqa: PLR0913
        self,
        paths: tuple[str, ...],
        *,
        poll: float | None,
        debounce: float,
        verbosity: int,
        log: str | None,
        report: bool,
        control: bool = False,
        catch_up: bool = True,
        apply: Any = "now",
        terms: TermOptions | None = None,
    ) -> None:
        """Track what is imported already and what will be; have the thread running."""
        self._roots = tuple(real_path(path) for path in paths)
        root = (
            self._roots[0]
            if os.path.isdir(self._roots[0])  # noqa: PTH112  pathlib is slow to import
            else os.path.dirname(self._roots[0])  # noqa: PTH120
        )
        self.reporter = Reporter(
            standard_error() if report else None, verbose=verbosity, log=log, root=root
        )
        self._watcher = Watcher(
            apply=safepoints.applier(self._apply, apply),
            tracked=_front.is_tracked,
            debounce=debounce,
            poll=poll,
            warn=self.reporter.message,
            prepare=_front.prepared(),
        )
        self._silence = _front.on_patch(self._tell)
        self._outside = Outside(self.reporter.message) if verbosity > 0 else None
        self._end_terms = self._install(terms) if terms else None
        self._catch_up = catch_up
        self._wanted: dict[str, bool] = {}
        self.reports = report
        self._hook = ImportHook(self._track, self._is_inside)
        self._hook.install()
        for file in _front.files():  # tracked since an earlier watch, or by `refresh(module)`
            if self.wants(file):
                self._watcher.add_file(file)
        self.adopt_modules()
        self._watcher.start()
        self._control = self._open_control() if control else None
        _watches.append(self)

    def _install(self, terms: TermOptions) -> Callable[[], object]:
        """Have patches made on `terms`; gives what ends that."""
        from livepatch.patching.terms import Terms  # noqa: PLC0415  only on request

        return Terms(**terms).install(default_patcher(), say=self.reporter.message)

    def _apply(self, files: frozenset[str]) -> object:
        return _front.apply(files, self._watcher.is_undisturbed)

    def _tell(self, patch: Patch) -> None:
        self.reporter.report(patch)
        if self._outside is not None and patch.number:  # verbose
            difference = default_patcher().diff(patch.number)
            if difference:
                self.reporter.message(difference.rstrip())

    def _is_inside(self, file: str) -> bool:
        """Tell whether an imported file is wanted; mention one that is not."""
        wanted = self.wants(file)
        if not wanted and self._outside is not None:
            self._outside.note(file)
        return wanted

    def wants(self, file: str) -> bool:
        """Tell whether `file` lies under a watched path; installed packages do not count."""
        for root in self._roots:
            if file == root or file.startswith(root + os.sep):
                rest = file[len(root) :]
                return "site-packages" not in rest and "dist-packages" not in rest
        real = real_path(file)
        return real != file and self.wants(real)

    def adopt_modules(self) -> None:
        """Track modules that were imported before, or by a loader that the hook does not see."""
        for module in _front.restricted():
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and self.wants(file):
                self._track(module, file, None)
        for module, file in untracked_modules(_front.files(), self._has_wanted):
            self._track(module, file, None)

    def _has_wanted(self, file: str) -> bool:
        """Tell what `wants` said of the file of a module when it was first seen."""
        found = self._wanted.get(file)
        if found is None:
            found = self._wanted[file] = self.wants(file)
        return found

    def _track(self, module: ModuleType, file: str, data: bytes | None) -> None:
        try:
            _front.track(module, file, data)
        except OSError:
            return  # the file went away since: there is nothing to compare with
        if data is not None and b"livepatch" in data:
            _prepare_loops(module, file)
        since = None
        if data is None and _front.is_late(file):
            since = 0.0 if self._catch_up else time.time() + 60  # a time that has not come
        self._watcher.add_file(file, since=since)

    def _open_control(self) -> Callable[[], None]:
        """Let other processes of this user see and steer this one; give what ends that."""
        from livepatch.control import server  # noqa: PLC0415  only on request

        since = time.time()

        def answer(request: dict[str, Any]) -> dict[str, Any]:
            from livepatch.control import verbs  # noqa: PLC0415  with the first request

            answers = verbs.Verbs(
                default_patcher(), adopt=self.adopt_modules, roots=self._roots, since=since
            )
            return answers.answer(request)

        reachable = server.open_server(answer, warn=self.reporter.message)
        reachable.start()
        silence = _front.on_patch(reachable.publish)

        def close() -> None:
            silence()
            reachable.stop()

        return close

    def track_main(self, module: ModuleType, file: str, data: bytes, root: CodeType) -> None:
        """Track `__main__`, whose top-level code `root` is about to run."""
        _front.track(module, file, data, root)
        self._watcher.add_file(file)

    def hush(self) -> None:
        """Report to the log alone from now on: somebody else tells of patches."""
        self.reports = False
        self.reporter.mute()

    def stop(self) -> None:
        """Watch no longer; what was patched stays patched. A second call does nothing."""
        if self._control is not None:
            self._control()
            self._control = None
        if self._end_terms is not None:
            self._end_terms()
            self._end_terms = None
        self._hook.remove()
        self._watcher.stop()
        self._silence()
        if self in _watches:
            _watches.remove(self)

    def __enter__(self) -> Self:
        """Give the watch itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def __repr__(self) -> str:
        """Give one line: what is watched."""
        return f"<Watch {', '.join(self._roots)}>"


def watch(  # noqa: PLR0913  all but the paths are keywords
    *paths: str | os.PathLike[str],
    poll: float | None = None,
    debounce: float = 0.05,
    verbosity: int = 0,
    log: str | None = None,
    report: bool = True,
    control: bool = False,
    catch_up: bool = True,
    apply: Any = "now",
    **terms: Unpack[TermOptions],
) -> Watch:
    """Patch what is imported from under `paths` (the working directory) whenever it is saved.

    Modules imported later are tracked too. `poll` is the number of seconds between looks,
    instead of file events; `debounce` the quiet time in seconds where more saves are likely.
    Reports go to standard error unless `report` is false, and to the file `log`. With `control`
    other processes of this user can see and steer this one (`livepatch status PID`). Files
    edited after their import and before the watch are applied at once, or, without
    `catch_up`, with their next save. `apply` is where a patch may happen: "now", "checkpoint"
    (inside `checkpoint()`), or an event loop. `guard`, `gate` and `probe`, `ttl` and `canary` are
    the terms on which it stays: see docs/production.md. Raises `UsageError` for a path that does not exist.
    """
    chosen = tuple(os.fspath(path) for path in paths) or (os.getcwd(),)  # noqa: PTH109
    for path in chosen:
        if not os.path.exists(path):  # noqa: PTH110
            message = f"watch: there is no {path!r}; nothing is watched"
            raise UsageError(message)
    return Watch(
        chosen,
        poll=poll,
        debounce=debounce,
        verbosity=verbosity,
        log=log,
        report=report,
        control=control,
        catch_up=catch_up,
        apply=apply,
        terms=terms,
    )


def _prepare_loops(module: ModuleType, file: str) -> None:
    from livepatch.patching import liveloops  # noqa: PLC0415  only a module that names livepatch

    patcher = default_patcher()
    liveloops.prepare_module(patcher.registry, file, module, patcher.marks)


def watches() -> tuple[Watch, ...]:
    """Give the watches that have not been stopped."""
    return tuple(_watches)


def prepare() -> None:
    """Import now what is otherwise imported with the first patch, or with a seldom one."""
    for _ in _front.prepared(seldom=True):
        pass


def refresh(*targets: ModuleType | str | os.PathLike[str]) -> Patch:
    """Apply what is on disk now, in this thread, and give the patch.

    `targets` are modules, names of modules, or paths of files or folders; without any, all
    tracked files are looked at. Raises `NotTrackedError` for what is not tracked.
    """
    for started in _watches:
        started.adopt_modules()
    if not targets:
        return default_patcher().apply()
    files: set[str] = set()
    for target in targets:
        files |= _files_of(target)
    return default_patcher().apply(files)


def _files_of(target: ModuleType | str | os.PathLike[str]) -> set[str]:
    patcher = default_patcher()
    if isinstance(target, str) and target in sys.modules:
        target = sys.modules[target]
    if isinstance(target, ModuleType):
        file = getattr(target, "__file__", None)
        if not isinstance(file, str):
            raise NotTrackedError(target.__name__, "the module has no source file")
        if not patcher.is_tracked(file):
            patcher.track(target, file)
        return {real_path(file)}
    path = real_path(os.fspath(target))
    if patcher.is_tracked(path):
        return {path}
    found = {file for file in patcher.files() if file == path or file.startswith(path + os.sep)}
    if not found:
        reason = "no imported module comes from there; import it, or watch its folder"
        raise NotTrackedError(str(target), reason)
    return found


def undo(n: int = 1) -> Patch:
    """Put back the state before the newest `n` patches; gives the patch that does it.

    The files on disk stay as they are; a file is applied again when it is saved again.
    """
    return default_patcher().undo(n)


def redo(n: int = 1) -> Patch:
    """Do again the newest `n` patches that were undone."""
    return default_patcher().redo(n)


def history() -> tuple[Patch, ...]:
    """Give the committed patches, oldest first, undos and redos included."""
    return default_patcher().history()


def on_patch(
    callback: Callable[[Patch], object], *, before: bool = False
) -> Callable[[], None]:
    """Call `callback` with each patch, committed or held, after the fact; gives the remover.

    With `before` it is called with what is about to be committed. What it raises is printed.
    """
    if before:
        return default_patcher().on_patch(callback, before=True)
    return _front.on_patch(callback)

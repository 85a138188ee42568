"""`ScriptHost`: runs the scripts of a store, and has their newest good versions running.

Its lock guards which scripts are loaded; it is never held while a callback of a script runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import Any, Literal, Self

from livepatch.api import default_patcher
from livepatch.errors import LivepatchError, ScriptRefusedError, UsageError
from livepatch.hosting.batch import apply_apart
from livepatch.hosting.handlers import BaseHandler, RunResult, SubTask
from livepatch.hosting.journal import Journal, Listeners, Log
from livepatch.hosting.running import run_callback
from livepatch.hosting.script_modules import Script, ScriptModules, handlers_in
from livepatch.hosting.store import ScriptStore, ScriptVersion
from livepatch.hosting.store_watch import StoreWatch
from livepatch.model import Patch
from livepatch.patching.patcher import Patcher


@dataclass(frozen=True, slots=True)
class ScriptChange:
    """What happened to a script: which version, and why it was refused where it was."""

    kind: Literal["loaded", "patched", "refused", "removed"]
    name: str
    version: int
    reasons: tuple[str, ...] = ()


class ScriptHost:
    """Loads scripts when they are first asked for, and patches new versions in.

    A version that is bad, or not signed by one of `trusted` (public keys in PEM by author), is
    refused: nothing of it is executed, and the version before goes on. Handlers keep their
    instances, and these their state, from version to version.
    """

    def __init__(  # noqa: PLR0913
        self,
        store: ScriptStore,
        *,
        watch: bool = True,
        interval: float = 1.0,
        trusted: Mapping[str, bytes] | None = None,
        log: Log = None,
        patcher: Patcher | None = None,
    ) -> None:
        """Load nothing yet; with `watch` follow the store.

        PostgreSQL tells of changes by itself; elsewhere the store is asked every `interval`
        seconds.
        """
        if not interval > 0:
            message = f"ScriptHost: interval must be more than 0 seconds, not {interval!r}"
            raise UsageError(message)
        self.store = store
        self._trusted = trusted
        self._journal = Journal(log)
        self._listeners = Listeners[ScriptChange](self._journal)
        self._run_listeners = Listeners[RunResult](self._journal)
        self._lock = threading.RLock()  # guards _modules, refusals and _schedule
        self._patcher = patcher or default_patcher()
        self._modules = ScriptModules(self._patcher)
        self.refusals: dict[str, ScriptRefusedError] = {}
        self._refused: dict[str, int] = {}
        self._schedule: Any = None
        self._silence = self._patcher.on_patch(self._follow)
        self._watch: StoreWatch | None = None
        if watch:
            self._watch = StoreWatch(
                store, self.refresh, interval=interval, journal=self._journal
            )

    def load(self, name: str) -> ModuleType:
        """Give the module of a script, loaded if it was not.

        Raises `StoreError` where there is none, `ScriptRefusedError` where it cannot be loaded, and
        `SignatureError` where nobody who is trusted has signed it.
        """
        return self._script(name).module

    def version(self, name: str) -> int:
        """Give the version of a loaded script that runs now, 0 for one that is not loaded."""
        script = self._modules.scripts.get(name)
        return script.version.version if script is not None else 0

    def handlers(self, name: str) -> dict[str, type[BaseHandler]]:
        """Give the handlers of a script, by the names of their classes."""
        return handlers_in(self.load(name))

    def run(
        self,
        name: str,
        callback: str = "execute",
        *arguments: Any,
        timeout: float | None = None,
    ) -> RunResult:
        """Run a callback of a script with as many `arguments` as it takes; give what came of it.

        `name` may be `script:Handler` where a script has more than one. What the script raises is
        in the result. A run that takes longer than `timeout` seconds is stopped.
        """
        name, _, wanted = name.partition(":")
        script = self._script(name)
        handler = self._choose(script, wanted, callback)
        result = run_callback(
            lambda: getattr(script.instance(handler), callback),
            arguments,
            script=name,
            version=script.version.version,
            callback=callback,
            file=script.file,
            timeout=timeout,
        )
        self._run_listeners.tell(result)
        return result

    def run_sub_tasks(
        self, result: RunResult, *, timeout: float | None = None
    ) -> tuple[RunResult, ...]:
        """Run what `result` asked for, and what that asks for in turn; breadth first."""
        waiting: list[SubTask] = list(result.sub_tasks)
        done = []
        while waiting:
            task = waiting.pop(0)
            part = self.run(task.script, task.callback, *task.arguments, timeout=timeout)
            waiting.extend(part.sub_tasks)
            done.append(part)
        return tuple(done)

    @staticmethod
    def _choose(script: Script, wanted: str, callback: str) -> type[BaseHandler]:
        handlers = handlers_in(script.module)
        if wanted and wanted not in handlers:
            message = f"{script.name} has no handler {wanted!r}; it has: {', '.join(handlers)}"
            raise UsageError(message)
        fitting = [
            handler
            for name, handler in handlers.items()
            if (not wanted or name == wanted) and callback in handler.callbacks
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            names = ", ".join(f"{script.name}:{handler.__name__}" for handler in fitting)
            message = (
                f"{callback!r} is a callback of more than one handler; name one of: {names}"
            )
        elif handlers:
            known = sorted(
                {name for handler in handlers.values() for name in handler.callbacks}
            )
            message = (
                f"{callback!r} is no callback of {script.name}; it has: {', '.join(known)}"
            )
        else:
            message = f"{script.name} has no handler: no class in it is a BaseHandler"
        raise UsageError(message)

    def _script(self, name: str) -> Script:
        script = self._modules.scripts.get(name)
        if script is not None:
            return script
        with self._lock:
            script = self._modules.scripts.get(name)
            if script is None:
                version = self.store.get(name)
                self._check(version)
                script = self._modules.load(version)
                self._forgive(name)
                news = ScriptChange("loaded", name, version.version)
            else:
                return script
        self._journal.note("script %s: version %d loaded", name, version.version)
        self._listeners.tell(news)
        return script

    def _check(self, version: ScriptVersion) -> None:
        if self._trusted is not None:
            from livepatch.hosting.signing import verify  # noqa: PLC0415  optional

            verify(self._trusted, version.name, version.code, version.author, version.signature)

    def refresh(self) -> Patch:
        """Take the newest versions of all loaded scripts from the store, as one patch.

        One that is refused stays behind by itself. Raises `StoreError` where the store is away.
        """
        with self._lock:
            patch, news = self._refresh()
        for change in news:
            self._listeners.tell(change)
        return patch

    def _refresh(self) -> tuple[Patch, list[ScriptChange]]:
        news: list[ScriptChange] = []
        loaded = self._modules.scripts
        heads = self.store.heads() if loaded else {}
        fresh: dict[str, ScriptVersion] = {}
        for name, script in list(loaded.items()):
            head = heads.get(name)
            if head is None or head.deleted:
                self._modules.unload(name)
                self._forgive(name)
                news.append(ScriptChange("removed", name, script.version.version))
                self._journal.note("script %s removed", name)
            elif head.version not in {script.newest, self._refused.get(name)}:
                fresh[name] = self.store.get(name, head.version)
        for name, version in list(fresh.items()):
            try:
                self._check(version)
            except LivepatchError as error:
                del fresh[name]
                news.append(self._refuse(version, (str(error),)))
        return self._patch(fresh, news), news

    def _patch(self, fresh: Mapping[str, ScriptVersion], news: list[ScriptChange]) -> Patch:
        scripts = {self._modules.scripts[name].file: name for name in fresh}
        sources = {file: fresh[name].code.encode() for file, name in scripts.items()}
        for name, version in fresh.items():
            self._modules.scripts[name].remember(version)
        outcome = apply_apart(self._patcher, sources, unit_of=lambda file: file)
        for file in sorted(outcome.taken):
            version = fresh[scripts[file]]
            self._modules.take(version)
            self._forgive(version.name)
            news.append(ScriptChange("patched", version.name, version.version))
            self._journal.note(
                "script %s: version %d patched in", version.name, version.version
            )
        for file, errors in outcome.refused.items():
            news.append(self._refuse(fresh[scripts[file]], tuple(map(str, errors))))
        return outcome.patch

    def _refuse(self, version: ScriptVersion, reasons: tuple[str, ...]) -> ScriptChange:
        self._refused[version.name] = version.version
        self.refusals[version.name] = ScriptRefusedError(
            f"{version.name} version {version.version}", reasons
        )
        for reason in reasons:
            self._journal.warn(
                "script %s: version %d refused: %s", version.name, version.version, reason
            )
        return ScriptChange("refused", version.name, version.version, reasons)

    def _forgive(self, name: str) -> None:
        self._refused.pop(name, None)
        self.refusals.pop(name, None)

    def _follow(self, patch: Patch) -> None:
        """Let lines and versions be those that run after `patch`, an undo included."""
        with self._lock:
            for script in self._modules.scripts.values():
                if patch and script.file in patch.files:
                    self._modules.follow(script)

    def schedule(
        self,
        name: str,
        cron: str,
        callback: str = "execute",
        *arguments: Any,
        timeout: float | None = None,
    ) -> str:
        """Run a callback whenever the five fields of `cron` say; give the number of the entry.

        `on_run` tells of the results. The entry goes on through new versions of the script.
        """
        self.load(name.partition(":")[0])
        with self._lock:
            if self._schedule is None:
                from livepatch.hosting.schedule import Schedule  # noqa: PLC0415  optional

                self._schedule = Schedule(self._run_entry)
            entry = self._schedule.add(name, cron, callback, arguments, timeout)
        return str(entry.number)

    def unschedule(self, number: str) -> None:
        """Take an entry out of the schedule."""
        if self._schedule is not None:
            self._schedule.remove(number)

    def _run_entry(self, entry: Any) -> None:
        try:
            self.run(entry.name, entry.callback, *entry.arguments, timeout=entry.timeout)
        except LivepatchError as error:
            self._journal.warn("scheduled run of %s: %s", entry.name, error)

    def on_change(self, callback: Callable[[ScriptChange], object]) -> Callable[[], None]:
        """Call `callback` with a `ScriptChange` for each version taken or refused; gives the remover."""
        return self._listeners.add(callback)

    def on_run(self, callback: Callable[[RunResult], object]) -> Callable[[], None]:
        """Call `callback` with the `RunResult` of each run, scheduled ones too; gives the remover."""
        return self._run_listeners.add(callback)

    def stop(self) -> None:
        """Follow the store no longer, end the schedule, unload the scripts. Again: nothing."""
        if self._watch is not None:
            self._watch.stop()
        if self._schedule is not None:
            self._schedule.stop()
        self._silence()
        with self._lock:
            for name in list(self._modules.scripts):
                self._modules.unload(name)
        self._journal.close()

    def __enter__(self) -> Self:
        """Give the host itself."""
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
        """Give one line: the store and the scripts loaded."""
        names = ", ".join(
            f"{name} v{s.version.version}" for name, s in self._modules.scripts.items()
        )
        return f"<ScriptHost {self.store.url}: {names or 'nothing loaded'}>"

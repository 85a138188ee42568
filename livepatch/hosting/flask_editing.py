"""Changes of what an application serves that are no patch: blueprints come and go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from flask import Flask

from livepatch.hosting.flask_draft import SCOPED, Draft, not_found
from livepatch.hosting.flask_table import table_of
from livepatch.model import Note, Write
from livepatch.patching.commits import SESSIONS


@contextmanager
def editing() -> Iterator[Draft]:
    """Have a draft open in the block; what it became is seen by all at once at the end.

    Where the block raises, everything is as it was. It is no patch: no undo takes it back, and
    the undo of a patch takes only that patch back.
    """
    with SESSIONS.transaction():
        carrier = _Carrier()
        draft = Draft(carrier)
        try:
            draft.open()
            yield draft
            draft.finish()
            carrier.inverse[:0] = SESSIONS.commit(carrier.pending)
            SESSIONS.advance()
        except BaseException:
            SESSIONS.take_back(carrier.inverse)
            raise
        finally:
            draft.close()


class _Carrier:
    """Carries writes out that belong to no patch."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.inverse: list[Write] = []
        self.pending: list[Write] = []

    def add(self, writes: Iterable[Write]) -> None:
        """Carry out `writes` at the end."""
        self.pending.extend(writes)

    def carry_out_now(self, writes: list[Write]) -> None:
        """Carry out `writes`, seen by this thread alone."""
        self.inverse[:0] = SESSIONS.commit(writes, final=False)

    def flush(self) -> None:
        """Carry out all that was added."""
        writes, self.pending = self.pending, []
        self.carry_out_now(writes)


def forget_blueprint(app: Flask, name: str) -> None:
    """Have nothing of the blueprint registered under `name`, nor of those nested in it.

    The caller has a draft open.
    """
    start = f"{name}."
    table = table_of(app)
    table.drop(rule for rule in table if rule.endpoint.startswith(start))
    for endpoint in [key for key in app.view_functions if key.startswith(start)]:
        del app.view_functions[endpoint]
    forget_hooks(app, name)


def silence_blueprint(app: Flask, name: str) -> None:
    """Have the routes of a blueprint answer 404, and nothing else of it left."""
    for endpoint in app.view_functions:
        if endpoint.startswith(f"{name}."):
            app.view_functions[endpoint] = not_found
    forget_hooks(app, name)


def forget_hooks(app: Flask, name: str) -> None:
    """Have no hook, handler or name of the blueprint registered under `name`."""
    for registry in (*(getattr(app, hook) for hook in SCOPED), app.blueprints):
        for scope in list(registry):
            if isinstance(scope, str) and (scope == name or scope.startswith(f"{name}.")):
                del registry[scope]

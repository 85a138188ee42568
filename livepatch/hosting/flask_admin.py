"""The page on which people with the token see and steer plugins, and take patches back.

It is off without a token. It needs no script, and forms carry a secret of their own, so that no
other site can send them.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from pathlib import Path
from typing import Any, Final, Protocol

from flask import Blueprint, Response, abort, redirect, request, url_for
from jinja2 import Environment, Template
from werkzeug.wrappers import Response as AnyResponse

from livepatch.errors import LivepatchError
from livepatch.hosting.flask_plugin import MOVES, Plugin, PluginStatus
from livepatch.patching.patcher import Patcher

COOKIE: Final = "livepatch_admin"
PAGE_FILE: Final = Path(__file__).with_name("flask_admin.html")
PATCHES_SHOWN: Final = 10
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Manager(Protocol):
    """What the page asks of a plugin manager."""

    patcher: Patcher
    errors: Any

    @property
    def app(self) -> Any:
        """The application."""

    @property
    def domain(self) -> str:
        """Where the page is."""

    @property
    def plugins(self) -> list[Plugin]:
        """All plugins."""


def make_admin(manager: Manager) -> Blueprint:
    """Give the blueprint that plugins are below; it has the page if there is a token."""
    blueprint = Blueprint(manager.domain, __name__)
    token = str(manager.app.config["PLUGINS_ADMIN_TOKEN"] or "")
    if token:
        page = AdminPage(manager, token)
        blueprint.add_url_rule("/", "admin", page.show)
        blueprint.add_url_rule("/-/login", "admin_login", page.login, methods=["POST"])
        blueprint.add_url_rule("/-/undo", "admin_undo", page.undo, methods=["POST"])
        rule = "/-/<move>/<domain>"
        blueprint.add_url_rule(rule, "admin_move", page.move, methods=["POST"])
    return blueprint


@functools.cache
def _page() -> Template:
    return Environment(autoescape=True).from_string(PAGE_FILE.read_text("utf-8"))


class AdminPage:
    """Shows the plugins, and does what its forms ask for."""

    def __init__(self, manager: Manager, token: str) -> None:
        """Serve people who know `token`."""
        self._manager = manager
        self._token = token.encode()

    def show(self) -> Response:
        """Show the page, or the form that asks for the token."""
        return self._render("", 200) if self._is_known() else self._render_login("", 401)

    def login(self) -> AnyResponse:
        """Let in who knows the token."""
        given = request.form.get("token", "").encode()
        if not hmac.compare_digest(given, self._token):
            return self._render_login("That is not the token.", 401)
        response = redirect(self._url("admin"), 303)
        response.set_cookie(
            COOKIE, self._secret("cookie"), path=self._url("admin"), httponly=True,
            samesite="Strict", secure=request.is_secure,
        )  # fmt: skip
        return response

    def move(self, move: str, domain: str) -> AnyResponse:
        """Load, start, stop, unload or reload one plugin."""
        self._check()
        plugin = next((p for p in self._manager.plugins if p.domain == domain), None)
        if plugin is None or move not in moves_of(plugin):
            return self._render(f"The plugin {domain} cannot {move} now.", 409)
        try:
            getattr(self._manager, move)(plugin)
        except LivepatchError as error:
            return self._render(str(error), 409)
        return redirect(self._url("admin"), 303)

    def undo(self) -> AnyResponse:
        """Take the newest patch back."""
        self._check()
        if not self._manager.patcher.undo():
            return self._render("There is no patch to undo.", 409)
        return redirect(self._url("admin"), 303)

    def _url(self, endpoint: str, **values: Any) -> str:
        return url_for(f"{self._manager.domain}.{endpoint}", **values)

    def _secret(self, purpose: str) -> str:
        return hmac.new(self._token, purpose.encode(), hashlib.sha256).hexdigest()

    def _is_known(self) -> bool:
        cookie = request.cookies.get(COOKIE, "").encode()
        return self._has_token() or hmac.compare_digest(cookie, self._secret("cookie").encode())

    def _has_token(self) -> bool:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind == "Bearer" and hmac.compare_digest(given.encode(), self._token)

    def _check(self) -> None:
        """Abort unless the request comes from the page, or from a program with the token."""
        form = request.form.get("form", "").encode()
        if not self._is_known():
            abort(401)
        if not self._has_token() and not hmac.compare_digest(
            form, self._secret("form").encode()
        ):
            abort(403)

    def _render_login(self, message: str, status: int) -> Response:
        return self._response(status, message=message, login=self._url("admin_login"))

    def _render(self, message: str, status: int) -> Response:
        patcher = self._manager.patcher
        rows = [(plugin, self._buttons(plugin)) for plugin in self._manager.plugins]
        return self._response(
            status,
            message=message,
            rows=rows,
            errors=self._manager.errors,
            patches=patcher.history()[: -PATCHES_SHOWN - 1 : -1],
            diff=patcher.diff().splitlines(),
            undo=self._url("admin_undo") if patcher.newest() else "",
            form=self._secret("form"),
            running=PluginStatus.Running,
        )

    def _buttons(self, plugin: Plugin) -> list[tuple[str, str]]:
        return [
            (move, self._url("admin_move", move=move, domain=plugin.domain))
            for move in moves_of(plugin)
        ]

    @staticmethod
    def _response(status: int, **values: Any) -> Response:
        text = _page().render(**values)
        return Response(text, status, HEADERS, mimetype="text/html")


def moves_of(plugin: Plugin) -> list[str]:
    """Give what can be done with a plugin now."""
    moves = [move for state, move in MOVES if state is plugin.status]
    return moves if plugin.status is PluginStatus.Unloaded else [*moves, "reload"]

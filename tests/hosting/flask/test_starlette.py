"""Routes of Starlette and FastAPI that change while the application serves."""

from importlib.util import find_spec

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx" if find_spec("httpx2") is None else "httpx2")

from starlette.testclient import TestClient

API = """
    from fastapi import APIRouter, Depends, FastAPI
    from fastapi.responses import JSONResponse
    from pydantic import BaseModel

    app = FastAPI()
    router = APIRouter()

    def limit(top: int = 1):
        return top

    class Item(BaseModel):
        name: str

    @router.get("/old")
    def included():
        return "included"

    @app.get("/a")
    def a(x: int = 5, top=Depends(limit)):
        return [x, top]

    @app.post("/item")
    def item(item: Item):
        return item

    @app.exception_handler(ValueError)
    def refused(request, error):
        return JSONResponse("refused", 418)

    @app.get("/boom")
    def boom():
        raise ValueError

    app.include_router(router, prefix="/v1")

    @app.get("/{rest:path}")
    async def everything(rest: str):
        return f"rest {rest}"
"""

PLAIN = """
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount, Route

    async def a(request):
        return PlainTextResponse("a")

    async def b(request):
        return PlainTextResponse("b")

    inner = [Route("/x", a)]
    app = Starlette(routes=[Route("/a", a), Mount("/m", routes=inner)])
    app.add_route("/late", b)
"""


class Client:
    """A client of an application that has answered its first request."""

    def __init__(self, program, name, text):
        self.program, self.name = program, name
        self.module = program.start(name, text)
        self.app = self.module.app
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.get("/a")

    def get(self, path):
        answer = self.client.get(path)
        if answer.status_code != 200:
            return answer.status_code
        return (
            answer.json()
            if answer.headers["content-type"] == "application/json"
            else answer.text
        )

    def edit(self, old, new):
        patch = self.program.edit(self.name, old, new)
        assert patch.ok, patch.errors
        assert patch.number
        assert self.module.app is self.app
        return patch


@pytest.fixture
def api(program):
    return Client(program, "live_api", API)


@pytest.fixture
def plain(program):
    return Client(program, "live_plain", PLAIN)


def test_a_changed_path_moves_the_endpoint(api):
    api.edit('"/a"', '"/aa"')
    assert api.get("/a") == "rest a"
    assert api.get("/aa") == [5, 1]
    api.program.patcher.undo()
    assert api.get("/a") == [5, 1]
    assert api.get("/aa") == "rest aa"


def test_a_new_endpoint_comes_before_what_stands_below_it_in_the_file(api):
    api.edit(
        '@app.get("/boom")',
        '@app.get("/new")\ndef new():\n    return "new"\n\n@app.get("/boom")',
    )
    assert api.get("/new") == "new"
    assert "/new" in api.client.get("/openapi.json").json()["paths"]


def test_a_router_that_is_included_elsewhere_follows(api):
    api.edit('"/old"', '"/new"')
    assert api.get("/v1/old") == "rest v1/old"
    assert api.get("/v1/new") == "included"


def test_another_signature_is_what_requests_are_checked_against(api):
    api.edit("x: int = 5", 'y: str = "y", x: int = 6')
    assert api.get("/a?x=7") == [7, 1]
    assert api.client.get("/a?x=no").status_code == 422
    api.edit("[x, top]", "[x, top, y]")
    assert api.get("/a?y=z") == [6, 1, "z"]


def test_a_dependency_with_another_signature_reaches_its_endpoints(api):
    text = (api.program.folder / "live_api.py").read_text("utf-8")
    changed = text.replace("top: int = 1", "bottom: int = 2").replace(
        "return top\n", "return bottom\n"
    )
    api.program.write("live_api.py", changed)
    assert api.program.apply().ok
    assert api.get("/a?bottom=9") == [5, 9]


def test_a_model_with_another_field_is_what_bodies_are_checked_against(api):
    api.edit("    name: str\n", "    name: str\n    size: int = 3\n")
    answer = api.client.post("/item", json={"name": "n", "size": "4"})
    assert answer.json() == {"name": "n", "size": 4}


def test_an_endpoint_may_become_synchronous(api):
    api.edit("async def everything", "def everything")
    assert api.get("/zz") == "rest zz"


def test_handlers_of_exceptions_and_middleware_come_and_go(api):
    assert api.get("/boom") == 418
    api.edit("refused(request, error)", "refused(request, error, why=None)")
    api.edit("exception_handler(ValueError)", "exception_handler(KeyError)")
    assert api.get("/boom") == 500
    middleware = """
@app.middleware("http")
async def mark(request, call_next):
    answer = await call_next(request)
    answer.headers["x-mark"] = "1"
    return answer

app.include_router("""
    api.edit("app.include_router(", middleware)
    assert api.client.get("/zz").headers["x-mark"] == "1"
    api.program.patcher.undo(3)
    assert "x-mark" not in api.client.get("/zz").headers
    assert api.get("/boom") == 418


def test_the_application_stays_the_same_object_when_its_line_changes(api):
    api.edit("FastAPI()", 'FastAPI(title="Another")')
    assert api.get("/a") == [5, 1]
    assert api.client.get("/openapi.json").json()["info"]["title"] == "Another"


def test_routes_given_to_the_constructor_follow_its_line(plain):
    plain.edit('Route("/a", a)', 'Route("/aa", a), Route("/b", b)')
    assert [plain.get(p) for p in ("/a", "/aa", "/b", "/m/x", "/late")] == [
        404,
        "a",
        "b",
        "a",
        "b",
    ]
    plain.program.patcher.undo()
    assert [plain.get(p) for p in ("/a", "/aa", "/b")] == ["a", 404, 404]


def test_routes_in_a_list_follow_its_line(plain):
    plain.edit('[Route("/x", a)]', '[Route("/y", a)]')
    assert [plain.get(p) for p in ("/m/x", "/m/y")] == [404, "a"]


def test_a_changed_call_of_add_route_leaves_its_old_route(plain):
    plain.edit('"/late"', '"/later"')
    assert [plain.get(p) for p in ("/late", "/later")] == [404, "b"]


def test_a_refused_patch_changes_no_route(api):
    paths = [getattr(route, "path", None) for route in api.app.routes]
    text = (api.program.folder / "live_api.py").read_text("utf-8")
    api.program.write("live_api.py", text.replace('"/a"', '"/aa"') + "\n1 / 0\n")
    assert not api.program.apply().ok
    assert [getattr(route, "path", None) for route in api.app.routes] == paths
    assert api.get("/a") == [5, 1]

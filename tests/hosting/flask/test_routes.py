"""Routes of plain Flask applications and blueprints that change while the application serves."""

import threading

import pytest
from flask import Flask

import livepatch

APP = """
    from flask import Blueprint, Flask, url_for
    from flask.views import MethodView

    app = Flask(__name__)
    shop = Blueprint("shop", __name__, url_prefix="/shop")

    @app.route("/a")
    def a():
        return "a"

    @app.before_request
    def first():
        pass

    @app.route("/b")
    def b():
        return url_for("a")

    @shop.get("/item/<int:number>")
    def item(number):
        return f"item {number}"

    class Basket(MethodView):
        def get(self):
            return "basket"

    app.add_url_rule("/basket", view_func=Basket.as_view("basket"))
    app.register_blueprint(shop)
"""


class Client:
    """A client of an application that has answered its first request."""

    def __init__(self, app):
        self.app = app
        self.client = app.test_client()
        assert self.get("/a") == "a"

    def get(self, path, method="GET"):
        answer = self.client.open(path, method=method)
        return answer.text if answer.status_code == 200 else answer.status_code

    def rules(self):
        return sorted(rule.rule for rule in self.app.url_map.iter_rules())


@pytest.fixture
def client(program):
    return Client(program.start("live_app", APP).app)


def edit(program, old, new):
    patch = program.edit("live_app", old, new)
    assert patch.ok, patch.errors
    assert patch.number
    return patch


def test_a_changed_url_moves_the_view_and_leaves_no_old_rule(program, client):
    edit(program, '"/a"', '"/aa"')
    assert client.get("/a") == 404
    assert client.get("/aa") == "a"
    assert client.get("/b") == "/aa"
    assert "/a" not in client.rules()


def test_a_new_view_is_served_after_the_first_request(program, client):
    edit(
        program,
        '@app.route("/b")',
        '@app.post("/n")\ndef n():\n    return "n"\n\n@app.route("/b")',
    )
    assert client.get("/n", "POST") == "n"
    assert client.get("/n") == 405


def test_a_deleted_view_answers_404(program, client):
    text = (program.folder / "live_app.py").read_text("utf-8")
    start, end = text.index('@app.route("/b")'), text.index("@shop.get")
    (program.folder / "live_app.py").write_text(text[:start] + text[end:], "utf-8")
    assert program.apply().ok
    assert client.get("/b") == 404
    assert "b" not in client.app.view_functions


def test_a_renamed_view_has_its_new_endpoint(program, client):
    edit(program, "def a():", "def z():")
    assert {"a", "z"} & set(client.app.view_functions) == {"z"}
    assert client.get("/a") == "a"


def test_undo_and_redo_bring_routes_back_and_away(program, client):
    rules = client.rules()
    edit(program, '"/a"', '"/aa"')
    moved = client.rules()
    edit(program, "return url_for", 'return "b " + url_for')
    program.patcher.undo(2)
    assert client.rules() == rules
    assert client.get("/a") == "a"
    assert client.get("/b") == "/a"
    program.patcher.redo(2)
    assert client.rules() == moved
    assert client.get("/b") == "b /aa"


def test_a_refused_patch_changes_no_route(program, client):
    rules, views = client.rules(), dict(client.app.view_functions)
    text = (program.folder / "live_app.py").read_text("utf-8")
    program.write("live_app.py", text.replace('"/a"', '"/aa"') + "\n1 / 0\n")
    patch = program.apply()
    assert not patch.ok
    assert client.rules() == rules
    assert dict(client.app.view_functions) == views
    assert client.get("/a") == "a"


def test_two_views_of_one_endpoint_are_refused_as_in_a_fresh_start(program, client):
    text = (program.folder / "live_app.py").read_text("utf-8")
    again = '\n@app.route("/other", endpoint="a")\ndef other():\n    return "other"\n'
    program.write("live_app.py", text + again)
    patch = program.apply()
    assert "overwriting" in patch.errors[0].message
    assert client.get("/a") == "a"


def test_registering_outside_a_patch_is_still_refused_by_flask(program, client):
    edit(program, '"/a"', '"/aa"')
    with pytest.raises(AssertionError, match="can no longer be called"):
        client.app.add_url_rule("/late", "late", lambda: "late")


def test_hooks_come_go_and_keep_the_order_of_the_file(program, client):
    edit(
        program,
        "@app.before_request\n",
        "@app.before_request\ndef zero():\n    pass\n\n@app.before_request\n",
    )
    names = [hook.__name__ for hook in client.app.before_request_funcs[None]]
    assert names == ["zero", "first"]
    edit(program, "@app.before_request\ndef first", "def first")
    assert [hook.__name__ for hook in client.app.before_request_funcs[None]] == ["zero"]


def test_a_view_under_a_decorator_of_its_own_keeps_its_route(program, client):
    program.start(
        "plain",
        """
        import functools
        from live_app import app

        def shout(view):
            @functools.wraps(view)
            def inner():
                return view().upper()
            return inner

        def again(view):
            @functools.wraps(view)
            def inner():
                return view() * 2
            return inner

        @shout
        def c():
            return "c"
        """,
    )
    with_rule = (program.folder / "plain.py").read_text(
        "utf-8"
    ) + '\napp.add_url_rule("/c", "c", c)\n'
    (program.folder / "plain.py").write_text(with_rule, "utf-8")
    assert program.apply().ok
    assert client.get("/c") == "C"
    assert program.edit("plain", "@shout", "@again").ok
    assert client.get("/c") == "cc"


def test_a_blueprint_follows_wherever_it_is_registered(program, client):
    edit(program, '"/item/<int:number>"', '"/thing/<int:number>"')
    assert client.get("/shop/item/1") == 404
    assert client.get("/shop/thing/1") == "item 1"
    edit(
        program,
        "class Basket",
        '@shop.errorhandler(ValueError)\ndef oops(error):\n    return "oops"\n\n@shop.get("/new")\ndef new():\n    raise ValueError\n\nclass Basket',
    )
    assert client.get("/shop/new") == "oops"


def test_another_prefix_in_the_line_that_makes_a_blueprint_moves_all_its_routes(
    program, client
):
    edit(program, 'url_prefix="/shop"', 'url_prefix="/store"')
    assert client.get("/store/item/1") == "item 1"
    assert client.get("/shop/item/1") == 404
    program.patcher.undo()
    assert client.get("/shop/item/1") == "item 1"


def test_the_application_stays_the_same_object_when_its_line_changes(program, client):
    edit(program, "Flask(__name__)", 'Flask(__name__, static_url_path="/files")')
    assert (
        program.patcher.registry.get(str(program.folder / "live_app.py")).modules[0].app
        is client.app
    )
    assert client.get("/a") == "a"
    assert "/files/<path:filename>" in client.rules()
    assert "/static/<path:filename>" not in client.rules()


def test_a_blueprint_registered_elsewhere_leaves_its_old_place(program, client):
    edit(program, "register_blueprint(shop)", 'register_blueprint(shop, url_prefix="/x")')
    assert client.get("/x/item/1") == "item 1"
    assert client.get("/shop/item/1") == 404


def test_a_class_based_view_accepts_a_method_that_it_gains(program, client):
    assert client.get("/basket", "POST") == 405
    edit(
        program, '"basket"\n\n', '"basket"\n\n    def post(self):\n        return "posted"\n\n'
    )
    assert client.get("/basket", "POST") == "posted"
    program.patcher.undo()
    assert client.get("/basket", "POST") == 405


def test_a_changed_loop_replaces_the_routes_that_it_made(program, client):
    text = (program.folder / "live_app.py").read_text("utf-8")
    loop = '\nfor name in ("x", "y"):\n    app.add_url_rule(f"/{name}", name, lambda name=name: name)\n'
    program.write("live_app.py", text + loop)
    assert program.apply().ok
    assert (client.get("/x"), client.get("/y")) == ("x", "y")
    edit(program, '("x", "y")', '("y", "z")')
    assert (client.get("/x"), client.get("/y"), client.get("/z")) == (404, "y", "z")


def test_a_request_sees_the_routes_that_were_there_when_it_began(program, client):
    inside, go_on = threading.Event(), threading.Event()
    seen = []

    def wait(names):
        inside.set()
        assert go_on.wait(20)
        seen.append((client.app.url_map.is_endpoint_expecting("b"), names()))

    def names():
        return sorted(client.app.view_functions)

    def request():
        with livepatch.session():
            wait(names)

    thread = threading.Thread(target=request)
    thread.start()
    assert inside.wait(20)
    before = names()
    edit(
        program,
        '@app.route("/b")',
        '@app.route("/n")\ndef n():\n    return "n"\n\n@app.route("/b")',
    )
    after = names()
    go_on.set()
    thread.join(20)
    assert seen == [(True, before)]
    assert set(after) - set(before) == {"n"}


def test_a_request_whose_route_goes_away_before_its_view_is_called_gets_404(program, client):
    edit(program, '"/a"', '"/aa"')  # from here on the application is live
    app = client.app
    with app.test_request_context("/b"):
        text = (program.folder / "live_app.py").read_text("utf-8")
        start, end = text.index('@app.route("/b")'), text.index("@shop.get")
        program.write("live_app.py", text[:start] + text[end:])
        assert program.apply().ok
        assert app.full_dispatch_request().status_code == 404


def test_an_undo_leaves_alone_what_the_program_registered_since(program, client):
    from livepatch.hosting.flask_editing import editing

    edit(program, '"/a"', '"/aa"')
    with editing():
        client.app.add_url_rule("/since", "since", lambda: "since")
    program.patcher.undo()
    assert client.get("/since") == "since"
    assert client.get("/a") == "a"
    assert client.get("/aa") == 404


def test_an_editing_block_that_raises_changes_nothing():
    from livepatch.hosting.flask_editing import editing

    app = Flask("editing_test")
    app.test_client().get("/")
    rules = list(app.url_map.iter_rules())

    def fail_half_way():
        with editing():
            app.add_url_rule("/half", "half", lambda: "half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert list(app.url_map.iter_rules()) == rules
    assert "half" not in app.view_functions

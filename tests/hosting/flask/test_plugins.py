"""Plugins of a Flask application: what their manager promises, from the first scan to the last undo."""

import threading

import pytest
from flask import Flask

from livepatch.errors import (
    PluginConfigError,
    PluginError,
    PluginImportError,
    PluginStateError,
)
from livepatch.hosting import flask as hosting
from livepatch.hosting.flask import Plugin, PluginManager, PluginStatus

HELLO = """
    from flask import abort, flash, get_flashed_messages, redirect, render_template, url_for
    from . import words

    @plugin.route("/")
    def index():
        return words.GREETING

    @plugin.route("/page/<name>")
    def page(name):
        return render_template("index.html", name=name)

    @plugin.get("/go")
    def go():
        return redirect(url_for(".page", name="Doge"))

    @plugin.post("/posted")
    def posted():
        return "posted"

    @plugin.endpoint("file")
    def file():
        return plugin.send_static_file("file.txt")

    plugin.add_url_rule("/file", endpoint="file")

    @plugin.get("/403")
    def forbidden():
        abort(403)

    @plugin.errorhandler(403)
    def refused(error):
        return "refused by hello", 403

    @plugin.get("/flash")
    def flashing():
        flash("a message")
        return " ".join(get_flashed_messages())

    @plugin.before_request
    def count():
        words.COUNT.append(1)
"""


@pytest.fixture
def hello(site):
    """Give a site whose plugin `hello` can do everything."""
    site.app.secret_key = "for flashing"
    site.plugin("hello", HELLO)
    site.write("hello/words.py", 'GREETING = "hello"\nCOUNT = []\n')
    site.write(
        "hello/templates/index.html",
        "HELLO {{ name }} {{ url_for('.static', filename='file.txt') }}",
    )
    site.write("hello/static/file.txt", "a file of hello")
    site.plugin(
        "bye",
        'from flask import render_template\n\n@plugin.get("/page")\ndef page():\n    return render_template("index.html")\n',
    )
    site.write("bye/templates/index.html", "BYE")
    site.serve()
    return site


# --- found, loaded, started, stopped, unloaded ------------------------------------------------


def test_a_scan_finds_plugins_without_executing_them(site):
    site.plugin("trap", "raise SystemExit")
    site.serve()
    assert [plugin.domain for plugin in site.manager.scan()] == ["trap"]
    assert site.manager.status[0]["status"] == "Unloaded"


def test_a_loaded_plugin_answers_nothing_and_adds_no_rule(hello):
    plugin = hello.manager.find(domain="hello")
    hello.manager.load(plugin)
    assert plugin.status is PluginStatus.Loaded
    assert hello.get("/plugins/hello/") == 404
    assert hello.rules() == []


def test_a_started_plugin_is_a_blueprint_in_every_respect(hello):
    hello.run("hello")
    assert hello.get("/plugins/hello/") == "hello"
    assert hello.get("/plugins/hello/file") == "a file of hello"
    assert hello.get("/plugins/hello/static/file.txt") == "a file of hello"
    assert hello.get("/plugins/hello/flash") == "a message"
    assert hello.client.get("/plugins/hello/go").location == "/plugins/hello/page/Doge"
    assert hello.client.post("/plugins/hello/posted").text == "posted"
    assert hello.client.get("/plugins/hello/403").text == "refused by hello"


def test_each_plugin_renders_its_own_template_of_one_name(hello):
    hello.run("hello", "bye")
    for _ in range(2):
        assert hello.get("/plugins/hello/page/x") == "HELLO x /plugins/hello/static/file.txt"
        assert hello.get("/plugins/bye/page") == "BYE"


def test_a_plugin_may_use_templates_of_the_application(site):
    (site.folder / "templates").mkdir()
    (site.folder / "templates" / "base.html").write_text(
        "<{% block b %}{% endblock %}>", "utf-8"
    )
    site.plugin(
        "one",
        'from flask import render_template\n\n@plugin.get("/")\ndef index():\n    return render_template("own.html")\n',
    )
    site.write(
        "one/templates/own.html", '{% extends "base.html" %}{% block b %}own{% endblock %}'
    )
    site.serve()
    site.run("one")
    assert site.get("/plugins/one/") == "<own>"


def test_a_stopped_plugin_answers_404_and_comes_back(hello):
    plugin, _ = hello.run("hello", "bye")
    hello.manager.stop(plugin)
    assert hello.get("/plugins/hello/") == 404
    assert hello.get("/plugins/bye/page") == "BYE"
    with hello.app.test_request_context():
        assert hello.app.url_for("plugins.hello.index") == "/plugins/hello/"
    hello.manager.start(plugin)
    assert hello.get("/plugins/hello/") == "hello"


def test_an_unloaded_plugin_leaves_nothing(hello):
    plugin = hello.run("hello")
    hello.manager.stop(plugin)
    hello.manager.unload(plugin)
    assert hello.rules() == []
    assert not [name for name in hello.app.view_functions if name.startswith("plugins.")]
    assert not [name for name in hello.app.before_request_funcs if name and "hello" in name]
    assert "plugins.hello" not in hello.app.blueprints
    assert hello.manager.find(domain="hello").status is PluginStatus.Unloaded


def test_an_unloaded_plugin_leaves_nothing_with_the_application_either(site):
    site.plugin(
        "wide",
        """
        @plugin.before_app_request
        def first():
            raise RuntimeError("still there")

        @plugin.app_template_filter()
        def loud(text):
            return text.upper()
        """,
    )
    site.serve()
    site.app.testing = True
    plugin = site.run("wide")
    assert "loud" in site.app.jinja_env.filters
    with pytest.raises(RuntimeError):
        site.client.get("/")
    site.manager.stop(plugin)
    assert site.client.get("/").status_code == 404
    assert "loud" not in site.app.jinja_env.filters


def test_a_plugin_can_be_loaded_again_after_it_was_unloaded(hello):
    plugin = hello.run("hello")
    hello.manager.stop(plugin)
    hello.manager.unload(plugin)
    hello.edit("hello/words.py", "hello", "hello again")
    hello.manager.load(plugin)
    hello.manager.start(plugin)
    assert hello.get("/plugins/hello/") == "hello again"


@pytest.mark.parametrize(
    ("moves", "refused"),
    [
        ((), "start"),
        ((), "stop"),
        ((), "unload"),
        ((), "reload"),
        (("load",), "load"),
        (("load",), "stop"),
        (("load", "start"), "load"),
        (("load", "start"), "start"),
        (("load", "start"), "unload"),
        (("load", "start", "stop"), "stop"),
        (("load", "start", "stop"), "load"),
    ],
)
def test_a_move_that_the_state_does_not_allow_is_refused(hello, moves, refused):
    plugin = hello.manager.find(domain="bye")
    for move in moves:
        getattr(hello.manager, move)(plugin)
    before = plugin.status
    with pytest.raises(PluginStateError, match=refused):
        getattr(hello.manager, refused)(plugin)
    assert plugin.status is before
    assert issubclass(PluginStateError, RuntimeError)


def test_plugins_are_found_by_id_domain_and_name(hello):
    manager = hello.manager
    plugin = manager.find(domain="hello")
    assert manager.find(id_="id-hello") is plugin
    assert manager.find(name="Hello") is plugin
    manager.load(plugin)
    assert manager.find(domain="hello") is plugin
    assert manager.find() is None
    assert manager.find(id_="nobody") is None
    assert manager.scan() == [manager.find(domain="bye")]
    assert set(manager.plugins) == {plugin, manager.find(domain="bye")}


def test_the_status_says_what_plugin_json_says(site):
    site.plugin(
        "one",
        "",
        releases=[
            {"version": "0.9", "download": "d"},
            {"version": "0.10", "download": "d", "note": "n"},
        ],
    )
    site.serve()
    (status,) = site.manager.status
    assert status["id"] == "id-one"
    assert status["name"] == "One"
    assert status["info"]["author"] == "a tester"
    assert status["info"]["version"] == "0.10"


def test_each_move_is_signalled(hello):
    told = []
    manager = hello.manager

    def note(name):
        def receive(sender, plugin):
            assert sender is manager
            told.append((name, plugin.domain, plugin.status.name))

        return receive

    receivers = {name: note(name) for name in ("loaded", "started", "stopped", "unloaded")}
    for name, receiver in receivers.items():
        getattr(hosting, name).connect(receiver, sender=manager)
    plugin = hello.run("bye")
    manager.stop(plugin)
    manager.unload(plugin)
    assert told == [
        ("loaded", "bye", "Loaded"),
        ("started", "bye", "Running"),
        ("stopped", "bye", "Stopped"),
        ("unloaded", "bye", "Unloaded"),
    ]


# --- configuration ------------------------------------------------------------------------------


def test_the_folder_the_url_and_the_excluded_folders_are_configured(site):
    site.app.config.update(
        plugins_blueprint="add-ons",
        PLUGINS_DIRECTORY="addons",
        plugins_excludes_directory=["no"],
    )
    for name in ("yes", "no"):
        site.plugin(name, '@plugin.get("/")\ndef index():\n    return "yes"\n')
    site.path("").rename(site.folder / "addons")
    site.serve()
    assert [plugin.domain for plugin in site.manager.plugins] == ["yes"]
    site.run("yes")
    assert site.get("/add-ons/yes/") == "yes"
    assert site.app.plugin_manager is site.manager


def test_a_manager_can_be_made_before_its_application(site):
    manager = PluginManager(watch=False)
    with pytest.raises(PluginError, match="init_app"):
        manager.scan()
    manager.init_app(site.app)
    site.manager = manager
    assert manager.plugins == []


def test_a_folder_that_is_not_there_is_an_error_until_it_is(site):
    site.path("").rmdir()
    site.serve()
    with pytest.raises(FileNotFoundError):
        site.manager.scan()
    site.plugin("one", "")
    assert [plugin.domain for plugin in site.manager.scan()] == ["one"]


# --- bad plugins ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        ("{", "line 1, column 2"),
        ("[]", "is not of type 'object'"),
        ('{"id": "x"}', "'domain' is a required property"),
        ('{"id": "x", "domain": "", "plugin": {"name": "n", "author": "a", "summary": "s"}, "releases": []}', "domain: '' does not match"),
        ('{"id": "x", "domain": "a.b", "plugin": {"name": "n", "author": "a", "summary": "s"}, "releases": []}', "domain: 'a.b' does not match"),
        ('{"id": 1, "domain": "d", "plugin": {"name": "n", "author": "a", "summary": "s"}, "releases": []}', "id: 1 is not of type 'string'"),
        ('{"id": "x", "domain": "d", "plugin": {"name": "n"}, "releases": [{"version": "1"}]}', "releases[0]: 'download' is a required"),
        ("\udcff".encode("utf-8", "surrogateescape"), "not UTF-8"),
    ],
)  # fmt: skip
def test_a_folder_whose_plugin_json_is_bad_is_left_out_and_named(site, text, reason):
    site.plugin("good", "")
    site.write("bad/__init__.py", "")
    if isinstance(text, bytes):
        site.path("bad/plugin.json").write_bytes(text)
    elif text is not None:
        site.write("bad/plugin.json", text)
    site.serve()
    assert [plugin.domain for plugin in site.manager.scan()] == ["good"]
    assert any(reason in line for line in site.manager.errors[str(site.path("bad"))])
    site.config("bad")
    assert len(site.manager.scan()) == 2
    assert not site.manager.errors


@pytest.mark.parametrize("what", ["id", "domain"])
def test_a_second_plugin_with_an_id_or_a_domain_that_is_taken_is_refused(site, what):
    site.plugin(
        "one",
        "",
        id="same" if what == "id" else "1",
        domain="same" if what == "domain" else "one",
    )
    site.plugin(
        "two",
        "",
        id="same" if what == "id" else "2",
        domain="same" if what == "domain" else "two",
    )
    site.serve()
    first, second = site.manager.scan()
    site.manager.load(first)
    with pytest.raises(PluginStateError, match=f"the {what} 'same' is taken"):
        site.manager.load(second)
    assert second.status is PluginStatus.Unloaded


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0\n", "__init__.py:3: ZeroDivisionError"),
        ("def f(:\n", "__init__.py:3: SyntaxError"),
        ("raise SystemExit\n", "SystemExit"),
        ("import nothing_of_this_name\n", "ModuleNotFoundError"),
        ("del plugin\n", "has no `plugin = Plugin()`"),
    ],
)
def test_a_plugin_whose_code_is_bad_is_refused_and_leaves_no_trace(site, text, reason):
    site.plugin("bad", text)
    site.serve()
    plugin = site.manager.find(domain="bad")
    with pytest.raises(PluginImportError, match="plugin bad: ") as caught:
        site.manager.load(plugin)
    assert reason in str(caught.value)
    assert plugin.status is PluginStatus.Unloaded
    site.plugin("bad", '@plugin.get("/")\ndef index():\n    return "mended"\n')
    site.run("bad")
    assert site.get("/plugins/bad/") == "mended"


def test_a_plugin_that_cannot_be_registered_stays_loaded(site):
    site.plugin("bad", '@plugin.record\ndef fail(state):\n    raise ValueError("no")\n')
    site.serve()
    plugin = site.manager.find(domain="bad")
    site.manager.load(plugin)
    with pytest.raises(PluginError, match="cannot start: no"):
        site.manager.start(plugin)
    assert plugin.status is PluginStatus.Loaded
    assert site.rules() == []


def test_a_plugin_object_outside_a_manager_has_what_it_is_given(tmp_path):
    plugin = Plugin("1", "own", "My own", root_path=str(tmp_path), import_name="own")
    assert (plugin.id_, plugin.domain, plugin.name) == ("1", "own", "My own")
    with pytest.raises(PluginConfigError, match="no domain was given"):
        Plugin(root_path=str(tmp_path))


def test_arguments_that_contradict_plugin_json_are_refused(site):
    site.config("one")
    site.write(
        "one/__init__.py",
        'from livepatch.hosting.flask import Plugin\nplugin = Plugin(domain="two")\n',
    )
    site.serve()
    with pytest.raises(PluginImportError, match="Plugin\\(\\) has 'two'"):
        site.manager.load(site.manager.find(domain="one"))


# --- live ----------------------------------------------------------------------------------------


def test_code_templates_and_routes_go_live_as_one_patch(hello):
    plugin = hello.run("hello")
    told = []

    def receive(_, plugin, patch):
        told.append((plugin.domain, patch))

    hosting.patched.connect(receive, sender=hello.manager)
    hello.edit("hello/words.py", "hello", "hi")
    hello.edit("hello/__init__.py", '"/page/<name>"', '"/leaf/<name>"')
    hello.edit("hello/templates/index.html", "HELLO", "HI")
    hello.manager.refresh()
    assert hello.get("/plugins/hello/") == "hi"
    assert hello.get("/plugins/hello/leaf/x").startswith("HI x")
    assert hello.get("/plugins/hello/page/x") == 404
    assert [(domain, patch.number) for domain, patch in told] == [("hello", 1)]
    hello.manager.patcher.undo()
    assert hello.get("/plugins/hello/") == "hello"
    assert hello.get("/plugins/hello/page/x").startswith("HELLO x")
    assert plugin.status is PluginStatus.Running


def test_state_of_a_plugin_survives_its_edits(hello):
    hello.run("hello")
    hello.get("/plugins/hello/")
    hello.edit("hello/__init__.py", "words.GREETING", "str(len(words.COUNT))")
    hello.manager.refresh()
    assert hello.get("/plugins/hello/") == "2"


def test_a_template_alone_goes_live_and_can_be_undone(hello):
    hello.run("bye")
    hello.edit("bye/templates/index.html", "BYE", "SO LONG")
    assert hello.get("/plugins/bye/page") == "BYE"
    hello.manager.refresh()
    assert hello.get("/plugins/bye/page") == "SO LONG"
    hello.manager.patcher.undo()
    assert hello.get("/plugins/bye/page") == "BYE"


def test_a_broken_text_is_refused_and_holds_no_other_plugin_up(hello):
    hello.run("hello", "bye")
    hello.edit("hello/words.py", 'GREETING = "hello"', "GREETING = (")
    hello.edit("hello/templates/index.html", "HELLO", "HI")
    hello.edit("bye/__init__.py", '"index.html")', '"index.html") + "!"')
    hello.manager.refresh()
    assert hello.get("/plugins/bye/page") == "BYE!"
    assert hello.get("/plugins/hello/") == "hello"
    assert hello.get("/plugins/hello/page/x").startswith("HELLO")
    (reason,) = hello.manager.errors[str(hello.path("hello"))]
    assert "SyntaxError" in reason or "never closed" in reason
    hello.edit("hello/words.py", "GREETING = (", 'GREETING = "hi"')
    hello.manager.refresh()
    assert hello.get("/plugins/hello/") == "hi"
    assert hello.get("/plugins/hello/page/x").startswith("HI")
    assert not hello.manager.errors


def test_what_plugin_json_says_for_people_goes_live_and_another_domain_waits(hello):
    plugin = hello.run("hello")
    hello.edit("hello/plugin.json", '"says hello"', '"greets"')
    hello.manager.refresh()
    assert plugin.info["summary"] == "greets"
    hello.edit("hello/plugin.json", '"domain": "hello"', '"domain": "hallo"')
    hello.manager.refresh()
    assert plugin.domain == "hello"
    assert "loaded anew" in hello.manager.errors[str(hello.path("hello/plugin.json"))][0]
    new = hello.manager.reload(plugin)
    assert hello.get("/plugins/hallo/") == "hello"
    assert hello.get("/plugins/hello/") == 404
    assert new.domain == "hallo"


def test_a_reload_begins_with_fresh_state(hello):
    plugin = hello.run("hello")
    hello.get("/plugins/hello/")
    new = hello.manager.reload(plugin)
    assert (plugin.status, new.status) == (PluginStatus.Unloaded, PluginStatus.Running)
    assert hello.manager.find(domain="hello") is new
    hello.edit("hello/__init__.py", "words.GREETING", "str(len(words.COUNT))")
    hello.manager.refresh()
    assert hello.get("/plugins/hello/") == "1"


@pytest.mark.parametrize(
    "bad", ["1 / 0\n", '@plugin.record\ndef fail(state):\n    raise ValueError("no")\n']
)
def test_a_reload_that_fails_leaves_the_old_plugin_serving_and_live(hello, bad):
    plugin = hello.run("hello")
    good = hello.path("hello/__init__.py").read_text("utf-8")
    hello.write("hello/__init__.py", good + bad)
    with pytest.raises(PluginError):
        hello.manager.reload(plugin)
    assert plugin.status is PluginStatus.Running
    assert hello.get("/plugins/hello/") == "hello"
    hello.write("hello/__init__.py", good)
    hello.edit("hello/words.py", "hello", "still live")
    hello.manager.refresh()
    assert hello.get("/plugins/hello/") == "still live"


def test_an_undo_brings_back_nothing_of_a_plugin_that_is_gone(hello):
    plugin = hello.run("hello")
    hello.edit("hello/__init__.py", '"/go"', '"/gone"')
    hello.manager.refresh()
    hello.manager.stop(plugin)
    hello.manager.unload(plugin)
    hello.manager.patcher.undo()
    assert hello.rules() == []
    hello.manager.load(plugin)
    hello.manager.start(plugin)
    rules = hello.rules()
    hello.manager.patcher.redo()
    assert hello.rules() == rules


def test_an_undo_after_stop_and_start_takes_back_just_the_patch(hello):
    plugin = hello.run("hello")
    rules = hello.rules()
    hello.edit("hello/__init__.py", '"/go"', '"/gone"')
    hello.manager.refresh()
    hello.manager.stop(plugin)
    hello.manager.start(plugin)
    hello.manager.patcher.undo()
    assert hello.rules() == rules


def test_files_that_are_saved_go_live_by_themselves(hello, news):
    hello.manager.close()
    other = Flask("watched_site", root_path=str(hello.folder))
    hello.app, hello.client = other, other.test_client()
    manager = hello.serve(watch=True, interval=0.2)
    hello.run("hello")

    def receive(_, patch, **__):
        news(patch)

    hosting.patched.connect(receive, sender=manager)
    hello.edit("hello/words.py", "hello", "hi")
    news.next(lambda patch: patch.ok and patch.number)
    assert hello.get("/plugins/hello/") == "hi"


def test_no_response_is_made_of_two_versions_under_load(site):
    parts = [f"part{n}" for n in range(9)]
    imports = f"from . import {', '.join(parts)}"
    calls = " + ".join(f"{part}.version()" for part in parts)
    site.plugin(
        "many",
        f"{imports}\nfrom flask import render_template\n\n"
        f'@plugin.get("/")\ndef index():\n    return render_template("v.html", parts={calls})\n',
    )
    for part in parts:
        site.write(f"many/{part}.py", 'def version():\n    return "0"\n')
    site.write("many/templates/v.html", "{{ parts }}0")
    site.serve()
    site.run("many")
    stop, seen, wrong = threading.Event(), set(), []

    def load():
        client = site.app.test_client()
        while not stop.is_set():
            text = client.get("/plugins/many/").text
            seen.add(text)
            if len(text) != 10 or len(set(text)) != 1:
                wrong.append(text)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 9):
            for part in parts:
                site.edit(f"many/{part}.py", f'"{number - 1}"', f'"{number}"')
            site.edit("many/templates/v.html", str(number - 1), str(number))
            site.manager.refresh()
            assert site.get("/plugins/many/") == str(number) * 10
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert wrong == []
    assert len(seen) > 1


def test_a_request_in_a_plugin_that_goes_away_is_answered(site):
    site.plugin(
        "slow",
        """
        import threading
        from flask import render_template, url_for
        inside, go_on = threading.Event(), threading.Event()

        @plugin.get("/")
        def index():
            inside.set()
            assert go_on.wait(20)
            return render_template("t.html", url=url_for(".index"))
        """,
    )
    site.write("slow/templates/t.html", "answered {{ url }}")
    site.serve()
    plugin = site.run("slow")
    module, answers = plugin.module, []
    thread = threading.Thread(
        target=lambda: answers.append(site.app.test_client().get("/plugins/slow/").text)
    )
    thread.start()
    assert module.inside.wait(20)
    site.manager.stop(plugin)
    site.manager.unload(plugin)
    assert site.get("/plugins/slow/") == 404
    module.go_on.set()
    thread.join(20)
    assert answers == ["answered /plugins/slow/"]

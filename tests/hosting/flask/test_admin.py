"""The page on which people with the token see and steer plugins."""

import re

import pytest

TOKEN = "a token of tests"


@pytest.fixture
def page(site):
    """Give a site with the page, a plugin that runs and one that does not."""
    site.app.config["PLUGINS_ADMIN_TOKEN"] = TOKEN
    site.plugin("one", '@plugin.get("/")\ndef index():\n    return "one"\n')
    site.plugin("two", "")
    site.serve()
    site.run("one")
    return site


def log_in(page):
    answer = page.client.post("/plugins/-/login", data={"token": TOKEN})
    assert answer.status_code == 303
    return answer


def form_of(page):
    """Give the secret of the page's forms."""
    return re.search(r'name="form" value="(\w+)"', page.get("/plugins/"))[1]


def send(page, path, **data):
    return page.client.post(f"/plugins/-/{path}", data=data)


def test_there_is_no_page_without_a_token(site):
    site.serve()
    assert site.get("/plugins/") == 404
    assert site.client.post("/plugins/-/undo").status_code == 404


def test_the_page_asks_for_the_token(page):
    answer = page.client.get("/plugins/")
    assert answer.status_code == 401
    assert 'name="token"' in answer.text
    assert "one" not in answer.text
    wrong = page.client.post("/plugins/-/login", data={"token": "wrong"})
    assert wrong.status_code == 401
    assert "Set-Cookie" not in wrong.headers


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_is_not_the_token(page):
    cookie = log_in(page).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    headers = page.client.get("/plugins/").headers
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_page_shows_plugins_and_moves_them(page):
    log_in(page)
    text = page.get("/plugins/")
    assert re.search(r'id="plugin-one".*?Running', text, re.DOTALL)
    assert re.search(r'id="plugin-two".*?Unloaded', text, re.DOTALL)
    form = form_of(page)
    assert send(page, "stop/one", form=form).status_code == 303
    assert page.get("/plugins/one/") == 404
    assert send(page, "start/one", form=form).status_code == 303
    assert send(page, "reload/one", form=form).status_code == 303
    assert page.get("/plugins/one/") == "one"
    assert send(page, "load/two", form=form).status_code == 303
    assert page.manager.find(domain="two").status.name == "Loaded"


@pytest.mark.parametrize("path", ["stop/one", "undo"])
def test_a_form_that_another_site_sends_does_nothing(page, path):
    assert send(page, path).status_code == 401
    log_in(page)
    assert send(page, path, form="guessed").status_code == 403
    assert page.get("/plugins/one/") == "one"


def test_a_program_uses_the_token_itself(page):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert page.client.post("/plugins/-/stop/one", headers=headers).status_code == 303
    assert page.get("/plugins/one/") == 404
    bad = {"Authorization": "Bearer no"}
    assert page.client.post("/plugins/-/start/one", headers=bad).status_code == 401


@pytest.mark.parametrize(
    "path", ["start/one", "stop/two", "stop/nobody", "__init__/one", "undo"]
)
def test_what_cannot_be_done_is_said_and_changes_nothing(page, path):
    log_in(page)
    answer = send(page, path, form=form_of(page))
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert page.get("/plugins/one/") == "one"


def test_the_page_shows_the_last_patch_and_takes_it_back(page):
    log_in(page)
    page.edit("one/__init__.py", '"one"', '"<b>1</b>"')
    page.manager.refresh()
    text = page.get("/plugins/")
    assert '<span class="removed">-    return &#34;one&#34;</span>' in text
    assert "&lt;b&gt;1&lt;/b&gt;" in text
    assert "<b>1</b>" not in text
    assert send(page, "undo", form=form_of(page)).status_code == 303
    assert page.get("/plugins/one/") == "one"


def test_the_page_names_what_was_refused(page):
    log_in(page)
    page.edit("one/__init__.py", '"one"', "(")
    page.manager.refresh()
    assert "never closed" in page.get("/plugins/")

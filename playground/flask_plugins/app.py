"""A web site made of plugins, on this machine only, whose plugins change while it serves.

    python playground/flask_plugins/app.py            then open the address it prints

Change a line of a plugin, a template or a style sheet, save, and load the page again: entries of the
guest book stay. Give a view another address, add one, delete one. At /plugins/ (the token is
`playground`) plugins are stopped, started and loaded anew, and the last patch is taken back.
Make a folder beside `dice`, with a `plugin.json` and an `__init__.py`, and load it there.
`python playground/flask_plugins/app.py 0` takes any free port. Stop with Ctrl-C.

Needs: pip install 'livepatch[flask]' waitress
"""

import sys

from flask import Flask, render_template_string
from waitress import create_server

from livepatch.hosting.flask import PluginManager, PluginStatus, patched

app = Flask(__name__)
app.secret_key = "only for this playground"
app.config["PLUGINS_ADMIN_TOKEN"] = "playground"
manager = PluginManager(app)

HOME = """<!doctype html><title>A site of plugins</title><h1>A site of plugins</h1><ul>
{% for plugin in plugins %}<li><a href="{{ url_for('plugins.' + plugin.domain + '.index') }}">
{{ plugin.name }}</a>: {{ plugin.info.summary }}{% endfor %}</ul><p><a href="/plugins/">Manage</a>"""


@app.get("/")
def home():
    running = [p for p in manager.plugins if p.status is PluginStatus.Running]
    return render_template_string(HOME, plugins=running)


@patched.connect
def tell(sender, plugin, patch):
    print(f"{plugin.domain}: {patch!r}", flush=True)


def main(port=8765):
    for plugin in manager.scan():
        manager.load(plugin)
        manager.start(plugin)
        print(f"{plugin.domain}: {plugin.status.value}", flush=True)
    server = create_server(app, host="127.0.0.1", port=port, threads=8)
    try:
        print(f"serving http://127.0.0.1:{server.effective_port}", flush=True)
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
        manager.close()
        print("the site is closed", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""One server process: `serve.py FOLDER PORT SERVER TOOL`, where TOOL keeps the code as on disk."""

import importlib
import logging
import os
import sys
import threading
from pathlib import Path

folder, port, server, tool = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
logging.disable(logging.CRITICAL)


def start_reloading():
    """What a hand-written reloader does: importlib.reload of each module whose file changed."""
    names = [f"parts.part{index}" for index in range(10)]

    def times():
        return {name: os.stat(sys.modules[name].__file__).st_mtime_ns for name in names}

    def work():
        seen = times()
        while True:
            threading.Event().wait(0.02)
            now = times()
            for name in names:
                if now[name] != seen[name]:
                    importlib.reload(sys.modules[name])
            seen = now

    threading.Thread(target=work, daemon=True).start()


if tool == "livepatch":
    import livepatch

    watch = livepatch.watch(folder, report=False)  # gunicorn forks: the worker goes on watching


def start():
    """Import the program, in the process that answers, with the tool that keeps it as on disk."""
    global answers
    if tool == "jurigged":
        import jurigged

        jurigged.watch(f"{folder}/parts/*.py", logger=lambda *_: None)
    import answers

    if tool == "reload":
        start_reloading()


def flask_application():
    from flask import Flask

    start()
    app = Flask("load")

    @app.get("/")
    def root():
        return answers.answer()

    if tool == "livepatch":
        app.wsgi_app = livepatch.wsgi(app.wsgi_app)
    return app


async def asgi_application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = answers.answer().encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


Path(folder, f"pid-{port}").write_text(str(os.getpid()))
if server == "waitress":
    import waitress

    waitress.serve(flask_application(), host="127.0.0.1", port=port, threads=4, _quiet=True)
elif server == "gunicorn":
    from gunicorn.app.base import BaseApplication

    class Gunicorn(BaseApplication):
        def load_config(self):
            self.cfg.set("bind", f"127.0.0.1:{port}")
            self.cfg.set("worker_class", "gthread")
            self.cfg.set("threads", 4)
            self.cfg.set("loglevel", "critical")
            self.cfg.set("timeout", 600)  # it is stopped between its turns

        def load(self):
            return flask_application()

    Gunicorn().run()
else:
    import uvicorn

    start()
    served = livepatch.asgi(asgi_application) if tool == "livepatch" else asgi_application
    uvicorn.run(served, host="127.0.0.1", port=port, log_level="critical")

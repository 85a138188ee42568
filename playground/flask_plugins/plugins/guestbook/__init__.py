"""A guest book: what is written stays while everything else changes."""

from flask import flash, redirect, render_template, request, url_for

from livepatch.hosting.flask import Plugin

plugin = Plugin()

from . import entries


@plugin.get("/")
def index():
    return render_template(
        "book.html", title="Guest book", entries=entries.newest()
    )  # change this line


@plugin.post("/write")
def write():
    if entries.add(request.form["name"], request.form["text"]):
        flash("Thank you!")
    return redirect(url_for(".index"))


@plugin.get("/count")  # change this line: give the page another address
def count():
    return f"{len(entries.BOOK)} entries"

"""Throws dice."""

import random

from livepatch.hosting.flask import Plugin

plugin = Plugin()
THROWS = []


@plugin.get("/")
def index():
    THROWS.append(throw())
    return f"<h1>{THROWS[-1]}</h1><p>{len(THROWS)} throws, on average {sum(THROWS) / len(THROWS):.2f}"


def throw():
    return random.randint(1, 6)  # change this line

def numbers():
    yield "old 1"
    yield "old 2"

def numbers():
    yield "new 1"
    yield "new 2"

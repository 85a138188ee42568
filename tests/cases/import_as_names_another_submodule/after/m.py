import pkg.y as px


def go():
    return px.f()

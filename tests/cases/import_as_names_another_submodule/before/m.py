import pkg.x as px


def go():
    return px.f()

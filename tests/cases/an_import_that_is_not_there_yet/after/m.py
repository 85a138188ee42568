import no_such_module_xyz


def f():
    return "f2"

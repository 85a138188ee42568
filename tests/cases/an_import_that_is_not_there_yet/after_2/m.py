import no_such_module_xyz


def f():
    return no_such_module_xyz.V

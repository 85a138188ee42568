from pkg import VALUE, run


def go():
    return VALUE, run()

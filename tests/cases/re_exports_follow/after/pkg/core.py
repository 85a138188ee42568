VALUE = 2


def run():
    return VALUE

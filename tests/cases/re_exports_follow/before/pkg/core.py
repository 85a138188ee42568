VALUE = 1


def run():
    return VALUE

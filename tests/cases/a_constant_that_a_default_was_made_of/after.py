SIZE = 2


def make(
    name,
    size=SIZE,  # evaluated when the file is imported (
):
    return name, size


async def send(*, size=SIZE):
    return SIZE


def shown():
    return SIZE

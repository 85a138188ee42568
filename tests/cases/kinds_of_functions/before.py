def to_async():
    return 1


async def from_async():
    return 1


def to_generator():
    return 1


def from_generator():
    yield 1

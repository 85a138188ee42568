async def to_async():
    return 2


def from_async():
    return 2


def to_generator():
    yield 2


def from_generator():
    return 2

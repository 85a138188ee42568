import contextlib


async def run():
    return "old"


async def numbers():
    yield "old"


@contextlib.asynccontextmanager
async def scope():
    yield "old"


class C:
    async def go(self):
        return "old"

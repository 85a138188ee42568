import contextlib


async def run():
    return "new"


async def numbers():
    yield "new"


@contextlib.asynccontextmanager
async def scope():
    yield "new"


class C:
    async def go(self):
        return "new"

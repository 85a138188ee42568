async def tick():
    return "old"


async def main(out, tick_done, go_on):
    for _ in range(2):
        out.append(await tick())
        tick_done.release()
        await go_on.get()

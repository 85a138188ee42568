import asyncio


async def work(n, started, go_on):
    started()
    await go_on.wait()
    return ("old", n)


async def main(started, go_on):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(n, started, go_on)) for n in range(2)]
    return [task.result() for task in tasks]

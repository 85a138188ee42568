async def main():
    assert await run() == "new"
    assert await go() == "new"
    assert [x async for x in numbers()] == ["new"]
    async with scope() as value:
        assert value == "new"


asyncio.run(main())

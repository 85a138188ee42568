to_async, from_async, to_generator, from_generator = held
assert asyncio.run(to_async()) == 2
assert from_async() == 2
assert list(to_generator()) == [2]
assert from_generator() == 2

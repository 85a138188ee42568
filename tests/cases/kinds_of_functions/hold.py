import asyncio

held = app.to_async, app.from_async, app.to_generator, app.from_generator

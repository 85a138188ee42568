import asyncio

run, numbers, scope, go = app.run, app.numbers, app.scope, app.C().go

import asyncio
import threading

begun, result = threading.Semaphore(0), []
loop = asyncio.new_event_loop()
go_on = asyncio.Event()


def run():
    result.extend(loop.run_until_complete(app.main(begun.release, go_on)))


thread = threading.Thread(target=run, daemon=True)
thread.start()
assert begun.acquire(timeout=60)
assert begun.acquire(timeout=60)
idle = threading.Event()
loop.call_soon_threadsafe(idle.set)  # runs once all tasks wait
assert idle.wait(60)

import asyncio
import threading

out, done = [], threading.Semaphore(0)
loop = asyncio.new_event_loop()
go_on = asyncio.Queue()
task = loop.create_task(app.main(out, done, go_on))
thread = threading.Thread(target=loop.run_until_complete, args=(task,), daemon=True)
thread.start()
assert done.acquire(timeout=60)
idle = threading.Event()
loop.call_soon_threadsafe(idle.set)  # runs once all tasks wait
assert idle.wait(60)

import threading

ticks = threading.Semaphore(0)
go_on = threading.Semaphore(0)
out = []
thread = threading.Thread(target=app.loop, args=(out, ticks, go_on), daemon=True)
thread.start()
assert ticks.acquire(timeout=60)

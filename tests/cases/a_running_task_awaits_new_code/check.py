for _ in range(2):
    loop.call_soon_threadsafe(go_on.put_nowait, None)
thread.join(60)
loop.close()
assert out == (["old", "new"] if live else ["new", "new"])

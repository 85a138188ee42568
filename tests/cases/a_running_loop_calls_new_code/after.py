def step():
    return "new"


def loop(out, ticks, go_on):
    for _ in range(2):
        out.append(step() + "!")
        ticks.release()
        go_on.acquire(timeout=60)

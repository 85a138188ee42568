"""An engine: an object that stands for `engine.py` and always has its newest good version.

    python playground/hosting/hotswap.py

Change `engine.py` while it runs, break it, mend it; `hotswap.log` beside it tells the story.
The functions held in `calls` were taken once, before all edits. Stop with Ctrl-C.
"""

import time
from pathlib import Path

from livepatch.hosting import Engine

HERE = Path(__file__).parent


def main():
    with Engine(HERE / "engine.py", frequency=1, log=HERE / "hotswap.log") as engine:
        calls = [engine.f1, engine.f2]
        while True:
            print(*[call() for call in calls], f"[{engine.fingerprint[:8]}]", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the engine stops")

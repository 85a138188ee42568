"""A monitored directory: its modules are compared with their files every second.

    python playground/hosting/watched.py

Change `zoo/animals.py` while it runs: the animals that exist already answer differently, though
they were imported with `from animals import Animal`. Drop a new file into `zoo`: it is imported.
This file itself is patched, too. Stop with Ctrl-C.
"""

import sys
import threading
import time
from pathlib import Path

from livepatch.hosting import monitor_dir

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "zoo"))

from animals import Animal

animals = [Animal("cat"), Animal("cow")]


def line():
    return "  ".join(animal.says() for animal in animals)  # change this line: another separator


def main():
    running = threading.Event()
    running.set()
    monitor = threading.Thread(
        target=monitor_dir,
        args=(HERE, running, __file__),
        kwargs={"interval": 1, "only_import_exist": False},
    )
    monitor.start()
    try:
        while True:
            print(line(), flush=True)
            time.sleep(1)
    finally:
        running.clear()
        monitor.join()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the zoo is closed")

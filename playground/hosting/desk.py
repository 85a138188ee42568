"""A help desk whose answers are plugins: files of `desk_plugins` that come, change and go.

    python playground/hosting/desk.py

Change a plugin, break it, rename it, copy it, delete it while the desk is open; what happens is
printed. Stop with Ctrl-C.
"""

import logging
import time
from pathlib import Path

from livepatch.hosting import PluginManager

HERE = Path(__file__).parent
logging.basicConfig(level=logging.INFO, format="  * %(message)s")


def main():
    question = 0
    with PluginManager(HERE / "desk_plugins", watch_change_sleep_ms=500) as manager:
        while True:
            question += 1
            for name in manager.get_plugin_name_list():
                result = manager.run(name, question)
                if result.ok:
                    print(f"{name}: {result.value}", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the desk is closed")

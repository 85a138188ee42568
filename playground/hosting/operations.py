"""Scripts in a database: `report` is run every second, from its newest good version.

    python playground/hosting/operations.py

Then, in another terminal, change `report.py` and put it into the database:

    python -m livepatch scripts --store sqlite:///operations.db put report playground/hosting/report.py
    python -m livepatch scripts --store sqlite:///operations.db history report
    python -m livepatch scripts --store sqlite:///operations.db restore report 1

The handler keeps what it has counted. Stop with Ctrl-C.
"""

import logging
import time
from pathlib import Path

from livepatch.hosting import ScriptHost, ScriptStore

HERE = Path(__file__).parent
logging.basicConfig(level=logging.INFO, format="  * %(message)s")


def main():
    store = ScriptStore("sqlite:///operations.db")
    if "report" not in store.names():
        store.put("report", (HERE / "report.py").read_text("utf-8"), "the playground")
    with ScriptHost(store, interval=0.5) as host:
        while True:
            result = host.run("report", "execute", time.strftime("%H:%M:%S"), timeout=5)
            print(f"v{result.version}  {result.stdout or result.traceback}", end="", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the operations end")

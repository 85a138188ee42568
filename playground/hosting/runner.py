"""The oldest question: a loop that calls a function of another file, for ever.

    python -m livepatch playground/hosting/runner.py

Change `runtime.py` while it runs. No reload stands in the loop: the module is patched.
Stop with Ctrl-C.
"""

import time

import runtime


def main():
    while True:
        runtime.function()
        time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the runner stops")

"""`python -m livepatch`: the command."""

import os
import sys

# A child that multiprocessing spawns may import this file again; it must not run the program.
if __name__ == "__main__":
    # The working folder goes from the path, so that livepatch imports no `queue.py` of the
    # program's; the standard library's folder, which is there anyway, keeps the place.
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.__file__)  # noqa: PTH120  pathlib costs 4 ms
    from livepatch.cli.main import console

    console()

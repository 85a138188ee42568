"""How do ten files that change together take effect under full load? `python playground/load --help`

Starts one server per tool, sends requests as fast as they are answered while all ten files of
the program are rewritten again and again, and counts the responses that were made of two versions.

The comparison is with `none`: the same server, the same client and the same writer that rewrites
the same files at the same pace, only nothing that takes them up. The servers are measured in turn,
in short windows, forth and back, and a window is compared with that of `none` in the same
round: what else runs on the machine, and how warm it is, meets all of them alike. A server whose turn
it is not is stopped (SIGSTOP).
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
import client  # noqa: E402
import project  # noqa: E402


def processor_time(pid):
    """Give the seconds that a process and its children have computed; 0 where that is not told."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_time(child) for child in children)


class Server:
    def __init__(self, server, tool):
        self.tool = tool
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = port = free.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix=f"load-{tool}-")
        project.write_project(self.folder)
        root = str(HERE.parents[1])
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "serve.py"), self.folder, str(port), server, tool],
            env={**os.environ, "PYTHONPATH": root},
            start_new_session=True,
        )
        self.windows, self.version = [], 1
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                return client.Connection(port).socket.close()
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise SystemExit(f"{server} with {tool} did not start")

    def window(self, seconds, every, edits, broken=False):
        over = threading.Event()

        def write():
            pause = every / 2  # a window has the same number of versions at any length
            while not over.wait(pause):
                self.version += 1
                project.write_version(self.folder, self.version, broken)
                pause = every

        writer = threading.Thread(target=write)
        self.signal(signal.SIGCONT)
        if edits:
            writer.start()
        before = processor_time(self.process.pid)
        counts = client.load(self.port, seconds)
        counts["computed"] = processor_time(self.process.pid) - before
        over.set()
        if edits:
            writer.join()
        self.signal(signal.SIGSTOP)
        self.windows.append(counts)
        return counts

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def stop(self):
        self.signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def total(windows, what):
    return sum(counts[what] for counts in windows)


def rate(counts):
    return counts["responses"] / counts["seconds"]


HEADINGS = (
    f"{'tool':<12}{'responses':>10}{'mixed':>8}{'errors':>8}{'lost':>6}{'versions':>10}"
    f"{'rate/s':>8}{'of none':>9}{'quartiles':>14}{'per cpu':>9}"
)


def run(server, tools, options):
    print(
        f"\n{server}: {options.starts} times {options.rounds} windows of {options.seconds} s for each"
        f" tool, forth and back, ten files rewritten every {options.every} s\n{HEADINGS}"
    )
    windows = {tool: [] for tool in tools}
    versions = dict.fromkeys(tools, 0)
    for start in range(options.starts):
        servers = []
        try:
            for tool in tools:
                servers.append(Server(server, tool))
            measure(servers, options)
            for one in servers:
                windows[one.tool] += one.windows
                seen = set().union(*(counts["versions"] for counts in one.windows))
                versions[one.tool] += len(seen)
            if start == options.starts - 1:
                report(windows, versions, windows[tools[0]])
                for one in servers:
                    if one.tool == "livepatch":
                        break_one_file(one, options)
        finally:
            for one in servers:
                one.stop()


def measure(servers, options):
    """Measure the servers in turn, each against its neighbour in time."""
    for one in servers:
        one.window(1, options.every, edits=False)  # warm
        one.windows.clear()
    for number in range(options.rounds):
        for one in servers[:: -1 if number % 2 else 1]:
            one.window(options.seconds, options.every, edits=True)


def report(windows, versions, none):
    base = [rate(counts) for counts in none]
    for tool, mine in windows.items():
        rates = [rate(counts) for counts in mine]
        ratios = [one / other for one, other in zip(rates, base)]
        low, ratio, high = statistics.quantiles(ratios, n=4, method="inclusive")
        effort = [total(each, "computed") / total(each, "responses") for each in (none, mine)]
        print(
            f"{tool:<12}{total(mine, 'responses'):>10}{total(mine, 'mixed'):>8}"
            f"{total(mine, 'errors'):>8}{total(mine, 'lost'):>6}{versions[tool]:>10}"
            f"{statistics.median(rates):>8.0f}{ratio:>9.3f}{f'{low:.2f}-{high:.2f}':>14}"
            f"{effort[0] / effort[1] if effort[1] else 0:>9.3f}",
            flush=True,
        )


def break_one_file(server, options):
    """Break one of the ten files: nothing may change."""
    server.windows.clear()
    server.version += 1
    server.signal(signal.SIGCONT)
    project.write_version(server.folder, server.version)
    time.sleep(0.5)
    counts = server.window(options.seconds, options.every, edits=True, broken=True)
    print(
        f"one of the ten broken, livepatch: {counts['responses']} responses, {counts['mixed']} mixed,"
        f" {counts['errors']} errors, versions seen {sorted(counts['versions'])}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--server", choices=["waitress", "gunicorn", "uvicorn", "all"], default="waitress"
    )
    parser.add_argument("--tools", default="none,livepatch,jurigged,reload")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a window")
    parser.add_argument(
        "--rounds", type=int, default=10, help="windows of one start; at least 2"
    )
    parser.add_argument(
        "--starts", type=int, default=1,
        help="times that all servers start anew: two that do the same differ by some per cent",
    )  # fmt: skip
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two versions")
    options = parser.parse_args()
    names = ["waitress", "gunicorn", "uvicorn"] if options.server == "all" else [options.server]
    for name in names:
        run(name, options.tools.split(","), options)


main()

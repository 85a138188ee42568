"""Draws what a patch costs, by the size of the file and of the heap, from a benchmark run.

    pytest -m benchmark tests/benchmarks --benchmark-timer=time.process_time --benchmark-json run.json
    python tests/benchmarks/plot.py run.json growth.svg

Needs matplotlib. The peers' figures are those of docs/performance.md.
"""

import json
import sys

import matplotlib.pyplot as plt

PEERS = {
    "jurigged 0.6.1": ([100, 1000, 3000], [83, 2503, 21_809]),
    "IPython autoreload 2": ([100, 1000, 10_000], [38, 432, 7605]),
    "importlib.reload": ([100, 1000, 10_000], [10, 100, 1656]),
}
PEERS_BESIDE_A_HEAP = {
    "jurigged 0.6.1": ([1_000_000, 10_000_000], [21, 582]),
    "IPython autoreload 2": ([1_000_000, 10_000_000], [2.9, 1.9]),
    "importlib.reload": ([1_000_000, 10_000_000], [0.5, 0.6]),
}
OURS_BESIDE_A_HEAP = {"livepatch, one body": "test_one_body_edited_beside_a_heap["}
OURS = {
    "livepatch, one body": "test_one_body_edited[",
    "floor, one body": "test_one_body_edited_floor[",
    "livepatch, line on top": "test_a_line_inserted_at_the_top[",
    "floor, line on top": "test_a_line_inserted_at_the_top_floor[",
}


def figures(run, start):
    """Give the sizes and the medians, in milliseconds, of the benchmarks called `start...]`."""
    found = {
        int(item["param"]): item["stats"]["median"] * 1e3
        for item in run["benchmarks"]
        if item["name"].startswith(start)
    }
    return sorted(found), [found[size] for size in sorted(found)]


def draw(axes, run, peers, ours, label):
    """Draw one picture: the peers in grey, livepatch and its floors as measured in `run`."""
    for name, (sizes, times) in peers.items():
        axes.loglog(sizes, times, "s-", color="0.6", linewidth=1)
        axes.annotate(name, (sizes[-1], times[-1]), fontsize=7, ha="right", va="bottom")
    for name, start in ours.items():
        style = "o--" if name.startswith("floor") else "o-"
        axes.loglog(*figures(run, start), style, label=name)
    axes.set(xlabel=label, ylabel="CPU time of one patch, ms")
    axes.legend(fontsize=7)
    axes.grid(alpha=0.3)


def main(source, target):
    """Draw the benchmarks in `source`, with the peers, to `target`."""
    with open(source) as stream:  # noqa: PTH123
        run = json.load(stream)
    plt.switch_backend("svg")
    plt.rcParams["svg.fonttype"] = "none"
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5))
    draw(left, run, PEERS, OURS, "functions in the file")
    draw(right, run, PEERS_BESIDE_A_HEAP, OURS_BESIDE_A_HEAP, "containers alive")
    plt.tight_layout()
    plt.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main(*sys.argv[1:3])

"""What a post costs that is held against all watch lists of all workspaces, by the number of patterns."""
import json
import subprocess

from benchmarks.results import ROOT, series

RUNS = 3


def measure(_options) -> list[dict]:
    by_patterns: dict[int, list[dict]] = {}
    for _ in range(RUNS):
        done = subprocess.run([ROOT / "build/release/topics_bench"], capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            found = json.loads(line)
            by_patterns.setdefault(found["patterns"], []).append(found)
    results = []
    for patterns, runs in by_patterns.items():
        results.append(series(f"{patterns:,} patterns", "ns/post", [run["ns_per_post"] for run in runs],
                              hits_per_post=runs[0]["hits_per_post"]))
        results.append(series(f"{patterns:,} patterns, made ready", "ms", [run["build_seconds"] * 1e3 for run in runs]))
    return results

"""How right the trends are: the anomaly benchmark's series, recorded posts and two invented streams, all but the first
beside simple rules that the same harness runs (tools/trend_baselines.py) and the same scorer scores (tools/score_events.py).
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from benchmarks import hostile, troubled
from benchmarks.results import BINARY, ROOT, series

SEEDS = (12, 13)  # rules were chosen on 11
TROUBLED_SEEDS = (303, 304)  # 300 to 302 were looked at


def shared_data() -> pathlib.Path:
    return pathlib.Path(os.environ.get("SOCIALTREND_SHARED", ROOT.parent / "shared")) / "data"


def output_of(*command) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, check=True, text=True).stdout


def benchmark_series(folder: pathlib.Path) -> list[dict]:
    data = shared_data() / "nab-tweets"
    scored = []
    for counts in sorted(data.glob("*.csv")):
        scores = folder / counts.name
        output_of(BINARY, "detect", "--input", counts, "--output", scores)
        scored.append(f"{counts.stem}={scores}")
    results = []
    for name, more in (("best threshold for all", []), ("every alert counts", ["--threshold", "0.5"])):
        command = [sys.executable, ROOT / "tools/score_nab.py", data / "windows.json", data / "profiles.json", *scored, "--json"]
        for profile, value in json.loads(output_of(*command, *more)).items():
            results.append(series(f"five tweet series, {profile}, {name}", "of 100", [value["score"]]))
    return results


def stream(name: str, posts: pathlib.Path, events: pathlib.Path, folder: pathlib.Path) -> list[dict]:
    results = []
    for rule in ("socialtrend", "raw", "mastodon", "z"):
        out = folder / f"{rule}.jsonl"
        if rule == "socialtrend":
            output_of(BINARY, "replay", "--input", posts, "--every", "1h", "--top", "10", "--output", out)
        else:
            out.write_text(output_of(sys.executable, ROOT / "tools/trend_baselines.py", rule, posts), encoding="utf-8")
        summary = json.loads(output_of(sys.executable, ROOT / "tools/score_events.py", out, events, "--json"))
        for key, value in summary.items():
            if value is not None and (key.startswith(("recall", "latency", "topics", "junk")) or key in ("events", "ticks")):
                results.append(series(f"{name}, {rule}, {key.replace('_', ' ')}", "", [value]))
    return results


def measure() -> list[dict]:
    results = []
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        stocks = shared_data() / "stocks"
        if stocks.exists():
            results += benchmark_series(folder)
            results += stream("stocks", stocks / "stock-tweets.jsonl.gz", stocks / "events.json", folder)
        else:
            print(f"no {stocks}: only the invented stream (SOCIALTREND_SHARED names the folder)", file=sys.stderr)
        for seed in SEEDS:
            posts, events = hostile.write(folder, seed)
            results += stream(f"hostile {seed}", posts, events, folder)
        for seed in TROUBLED_SEEDS:
            posts, events = troubled.write(folder, seed)
            results += stream(f"troubled {seed}", posts, events, folder)
    return results

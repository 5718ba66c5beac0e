"""`socialtrend replay`: posts per second from JSON Lines bytes to ranked trends, and what each stage costs.

Rates are per second of processor time, so that other work on the machine changes them less; the wall's are given too.
"""
import json
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from benchmarks import rightness
from benchmarks.results import BINARY, series

HERE = pathlib.Path(__file__).resolve().parent
POSTS = 400_000
STOP_WORDS = "the of and to a in is it you that for on with as are was this have be at not i my but so we they".split()
# Name, words in the vocabulary, words a post, and which part of them are stop words. The first has the 16 keys a post that
# real posts have; in the last every word counts.
WORKLOADS = (("typical", 30_000, 17, 0.4), ("short", 30_000, 8, 0.4), ("long", 200_000, 40, 0.4), ("no stop words", 30_000, 14, 0.0))


def write_posts(path: pathlib.Path, vocabulary: int, length: int, stop_share: float) -> None:
    """A Zipf-like vocabulary, 50,000 authors, one tag in three posts, one link in twenty."""
    chance = random.Random(7)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(vocabulary)]
    picks = chance.choices(words, [1 / (rank + 10) for rank in range(vocabulary)], k=POSTS * length)
    with path.open("w", encoding="utf-8") as out:
        for index in range(POSTS):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + index // 2_000))
            mine = picks[index * length:(index + 1) * length]
            tags = [mine[0]] if index % 3 == 0 else []
            text = " ".join(chance.choice(STOP_WORDS) if chance.random() < stop_share else word for word in mine)
            text += "".join(f" #{tag}" for tag in tags) + (f" https://example.org/{index % 5_000}" if index % 20 == 0 else "")
            out.write(json.dumps({"id": str(index), "created_at": at, "author": f"a{chance.randrange(50_000)}",
                                  "text": text, "lang": "en", "tags": tags}) + "\n")


class Run:
    """One run of a command: seconds of wall and of processor, and resident memory while it ran."""

    def __init__(self, command: list):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.memory = []
        watcher = threading.Thread(target=self.watch, args=(process,))
        watcher.start()
        complaint = process.communicate()[1]
        watcher.join()
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]}: {complaint.decode(errors='replace')}")
        self.wall = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def watch(self, process):
        while process.poll() is None:
            try:
                text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            except OSError:
                return
            resident = next((line for line in text.splitlines() if line.startswith("VmRSS")), None)
            if resident:
                self.memory.append(int(resident.split()[1]) / 1e3)
            time.sleep(0.05)


def replay(posts: pathlib.Path, name: str, times: int) -> list[dict]:
    runs = [Run([BINARY, "replay", "--input", posts, "--every", "10m", "--output", "/dev/null"]) for _ in range(times)]
    seen = runs[-1].memory
    quarters = [max(seen[:max(1, len(seen) * part // 4)], default=0) for part in (1, 2, 3, 4)]
    return [series(f"replay, {name}", "posts/s", [POSTS / run.processor for run in runs], of="processor time"),
            series(f"replay, {name}, by the wall", "posts/s", [POSTS / run.wall for run in runs]),
            series(f"peak resident, {name}", "MB", [max(run.memory, default=0) for run in runs], quarters=quarters)]


def stages(posts: pathlib.Path, name: str, times: int) -> list[dict]:
    bench = BINARY.parent / "trends_bench"
    runs = [json.loads(subprocess.run([bench, posts], capture_output=True, check=True).stdout) for _ in range(times)]
    ceiling = [1e9 / (run["read"] + run["parse"]) for run in runs]
    return [series(f"keys a post, {name}", "keys", [run["keys_per_post"] for run in runs]),
            series(f"reading and parsing alone, {name}", "posts/s", ceiling),
            *(series(f"stage {stage}, {name}", "ns/post", [run[stage] for run in runs])
              for stage in ("read", "parse", "tokenize", "count"))]


def others(posts: pathlib.Path, ours: float) -> list[dict]:
    results = []
    for name, command in (("Python", [sys.executable, HERE / "count.py"]), ("Node", [shutil.which("node"), HERE / "count.js"])):
        if command[0] is None:
            print(f"{name} is not here: left out", file=sys.stderr)
            continue
        rate = POSTS / Run([*command, posts]).processor
        results.append(series(f"{name} counting the same bytes", "posts/s", [rate]))
        results.append(series(f"replay against {name}", "times", [ours / rate]))
    return results


def measure(options) -> list[dict]:
    if options.nab:
        return rightness.measure()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name, vocabulary, length, stop_share in WORKLOADS:
            posts = pathlib.Path(folder) / "posts.jsonl"
            write_posts(posts, vocabulary, length, stop_share)
            own = replay(posts, name, options.runs)
            results += own + stages(posts, name, options.runs)
            if name == WORKLOADS[0][0]:
                results += others(posts, own[0]["value"])
    return results

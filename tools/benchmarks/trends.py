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
import typing

from benchmarks import rightness
from benchmarks.report import write_trends
from benchmarks.results import BINARY, series

HERE = pathlib.Path(__file__).resolve().parent
STOP_WORDS = "the of and to a in is it you that for on with as are was this have be at not i my but so we they".split()


class Workload(typing.NamedTuple):
    name: str
    vocabulary: int
    length: int  # words a post
    stop_share: float = 0.4
    posts: int = 400_000
    seconds: int = 200  # of event time
    every: str = "10m"
    new_words: int = 1  # times that the vocabulary is another one


# The first has the 16 keys a post that real posts have, and is long enough that cold tables do not matter; in the fourth every word
# counts; in the last, memory is what is looked at.
WORKLOADS = (Workload("typical", 30_000, 17, posts=1_000_000, seconds=500), Workload("short", 30_000, 8), Workload("long", 200_000, 40),
             Workload("no stop words", 30_000, 14, stop_share=0.0),
             Workload("two years", 30_000, 17, seconds=2 * 365 * 86_400, every="1d", new_words=24))


def write_posts(path: pathlib.Path, work: Workload) -> None:
    """A Zipf-like vocabulary, 50,000 authors, one tag in three posts, one link in twenty."""
    chance = random.Random(7)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(work.vocabulary)]
    picks = chance.choices(words, [1 / (rank + 10) for rank in range(work.vocabulary)], k=work.posts * work.length)
    with path.open("w", encoding="utf-8") as out:
        for index in range(work.posts):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + index * work.seconds // work.posts))
            mine = picks[index * work.length:(index + 1) * work.length]
            if work.new_words > 1:
                age = chr(ord("a") + index * work.new_words // work.posts)
                mine = [word + age for word in mine]
            tags = [mine[0]] if index % 3 == 0 else []
            text = " ".join(chance.choice(STOP_WORDS) if chance.random() < work.stop_share else word for word in mine)
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


def replay(posts: pathlib.Path, work: Workload, times: int) -> list[dict]:
    command = [BINARY, "replay", "--input", posts, "--every", work.every, "--output", "/dev/null"]
    runs = [Run(command) for _ in range(times)]
    seen = runs[-1].memory
    quarters = [max(seen[:max(1, len(seen) * part // 4)], default=0) for part in (1, 2, 3, 4)]
    return [series(f"replay, {work.name}", "posts/s", [work.posts / run.processor for run in runs], of="processor time"),
            series(f"replay, {work.name}, by the wall", "posts/s", [work.posts / run.wall for run in runs]),
            series(f"peak resident, {work.name}", "MB", [max(run.memory, default=0) for run in runs], quarters=quarters)]


def stages(posts: pathlib.Path, work: Workload, times: int) -> list[dict]:
    bench = BINARY.parent / "trends_bench"
    runs = [json.loads(subprocess.run([bench, posts], capture_output=True, check=True).stdout) for _ in range(times)]
    ceiling = [1e9 / (run["read"] + run["parse"]) for run in runs]
    return [series(f"keys a post, {work.name}", "keys", [run["keys_per_post"] for run in runs]),
            series(f"reading and parsing alone, {work.name}", "posts/s", ceiling),
            *(series(f"stage {stage}, {work.name}", "ns/post", [run[stage] for run in runs])
              for stage in ("read", "parse", "tokenize", "count"))]


def others(posts: pathlib.Path, work: Workload, ours: float) -> list[dict]:
    results = []
    for name, command in (("Python", [sys.executable, HERE / "count.py"]), ("Node", [shutil.which("node"), HERE / "count.js"])):
        if command[0] is None:
            print(f"{name} is not here: left out", file=sys.stderr)
            continue
        rate = work.posts / Run([*command, posts]).processor
        results.append(series(f"{name} counting the same bytes", "posts/s", [rate]))
        results.append(series(f"replay against {name}", "times", [ours / rate]))
    return results


def measure(options) -> list[dict]:
    if options.nab:
        return rightness.measure()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for work in WORKLOADS:
            posts = pathlib.Path(folder) / "posts.jsonl"
            write_posts(posts, work)
            own = replay(posts, work, options.runs)
            results += own
            if work.new_words == 1:
                results += stages(posts, work, options.runs)
            if work is WORKLOADS[0]:
                results += others(posts, work, own[0]["value"])
    if options.write:
        write_trends(results, options)
    return results

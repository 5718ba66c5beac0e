"""Posts per second through `socialtrend replay`, from JSON Lines bytes to ranked trends."""
import json
import pathlib
import random
import subprocess
import tempfile
import time

from benchmarks.results import BINARY, series


def write_posts(path: pathlib.Path, count: int) -> None:
    """Synthetic posts of about 230 bytes: a Zipf-like vocabulary, 50,000 authors, one tag in three posts."""
    chance = random.Random(7)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(30_000)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    picks = chance.choices(words, weights, k=count * 14)
    with path.open("w") as out:
        for index in range(count):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + index // 2_000))
            text = " ".join(picks[index * 14:(index + 1) * 14])
            tags = [picks[index * 14]] if index % 3 == 0 else []
            out.write(json.dumps({"id": str(index), "created_at": at, "author": f"a{chance.randrange(50_000)}",
                                  "text": text, "lang": "en", "tags": tags}) + "\n")


def measure(_options) -> list[dict]:
    rates, memory = [], []
    timer = ["/usr/bin/time", "-f", "%M"] if pathlib.Path("/usr/bin/time").exists() else []
    with tempfile.TemporaryDirectory() as folder:
        posts = pathlib.Path(folder) / "posts.jsonl"
        count = 2_000_000
        write_posts(posts, count)
        for _ in range(3):
            started = time.monotonic()
            done = subprocess.run([*timer, BINARY, "replay", "--input", posts, "--every", "10m", "--output", "/dev/null"],
                                  capture_output=True, text=True, check=True)
            rates.append(count / (time.monotonic() - started))
            last = done.stderr.strip().splitlines()[-1]
            if last.isdigit():
                memory.append(int(last) / 1e3)
    results = [series("replay, whole command", "posts/s", rates)]
    if memory:
        results.append(series("peak resident", "MB", memory))
    return results

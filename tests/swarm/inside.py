"""The insider (insider.py) in a container on one node, and what it has told so far."""
import collections
import json
import subprocess
import threading

import images
from load import Window


class Insider(threading.Thread):
    def __init__(self, client: list[str], image: str, token: str) -> None:
        super().__init__(daemon=True)
        self.client = client
        self.told: list[dict] = []
        self.container = images.run(*client, "run", "--detach", "--network", "socialtrend_inside", "--env", f"TOKEN={token}",
                                    "--volume", f"{images.HERE}/insider.py:/insider.py:ro", image, "python3", "-u", "/insider.py").strip()

    def run(self) -> None:
        with subprocess.Popen([*self.client, "logs", "--follow", self.container], stdout=subprocess.PIPE, text=True) as follower:
            for line in follower.stdout:
                self.told.append(json.loads(line))

    def stop(self) -> None:
        images.run(*self.client, "rm", "--force", self.container)
        self.join(10)

    def window(self, begin: float, end: float) -> Window:
        told = list(self.told)
        reasons = collections.Counter(what for one in told for at, what in one["failed"] if begin <= at < end)
        return Window(sum(one["sent"] for one in told if begin <= one["at"] < end), sum(reasons.values()), 0.0, reasons)

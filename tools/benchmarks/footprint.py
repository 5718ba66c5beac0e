"""Time to readiness, resident memory when idle, size of the binary and of the page's first view."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import urllib.request

from benchmarks.results import BINARY, series


class Program:
    """The program with its embedded default, no source of the Internet, on a port of its own."""

    def __init__(self, folder: str) -> None:
        environment = {**os.environ, "DATA_DIR": folder, "PORT": "0", "TREND_SOURCES": "none", "LOG_LEVEL": "warn"}
        self.started = time.monotonic()
        self.process = subprocess.Popen([BINARY], env=environment, stdout=subprocess.PIPE, text=True, cwd=folder)
        line = self.process.stdout.readline()
        self.url = re.search(r"is ready: (\S+)", line)[1]
        urllib.request.urlopen(self.url + "/api/health/ready").read()
        self.ready_after = time.monotonic() - self.started

    def resident(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def first_view(url: str) -> int:
    """Bytes of JavaScript, Brotli-compressed, that the first view asks for."""
    page = urllib.request.urlopen(url).read().decode()
    names = re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', page)
    total = 0
    for name in names:
        request = urllib.request.Request(url + name, headers={"Accept-Encoding": "br"})
        total += len(urllib.request.urlopen(request).read())
    return total


def measure(_options) -> list[dict]:
    cold, warm, resident, script = [], [], [], 0
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            for times in (cold, warm):
                program = Program(folder)
                times.append(program.ready_after * 1000)
                if times is warm:
                    time.sleep(2)  # idle, not starting
                    resident.append(program.resident() / 1e6)
                    script = first_view(program.url)
                program.stop()
    return [
        series("ready on an empty folder", "ms", cold),
        series("ready on a migrated database", "ms", warm),
        series("resident when idle", "MB", resident),
        series("binary", "MB", [BINARY.stat().st_size / 1e6]),
        series("first view: JavaScript (br)", "kB", [script / 1e3]),
    ]

"""The processes on the stage: PostgreSQL (with fsync), PgBouncer, Redis, a backend, workers, a rehearsal."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

from servers import START_MAX, PgBouncer, PostgreSQL, Redis, free_port


class Program:
    """The binary in one role; its output goes into one file, through all its lives."""

    def __init__(self, binary: str, name: str, arguments: list[str], environment: dict[str, str], logs: pathlib.Path) -> None:
        self.name = name
        self.command = [binary, *arguments]
        self.environment = environment
        self.log = logs / f"{name}.log"
        self.process: subprocess.Popen | None = None
        self.stopped = False

    def start(self) -> str:
        """Until it says that it is ready; the first match of an address in what it prints."""
        with open(self.log, "ab") as log:
            offset = log.tell()
            self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        give_up = time.monotonic() + START_MAX
        while time.monotonic() < give_up:
            text = self.log.read_bytes()[offset:].decode(errors="replace")
            if found := re.search(r"(?:is ready|go wrong): +(http://\S+)", text):
                return found[1]
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: {text[-500:]}")
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} did not become ready; see {self.log}")

    def start_again(self, patience: float) -> None:
        """Without a database it cannot start: what keeps processes alive tries again."""
        give_up = time.monotonic() + patience
        while True:
            try:
                self.start()
                return
            except RuntimeError:
                self.kill()
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)

    def kill(self) -> None:
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process = None
        self.stopped = False

    def freeze(self) -> None:
        self.stopped = True
        self.process.send_signal(signal.SIGSTOP)

    def has_stopped(self) -> bool:
        """By freeze(), or by a signal of its own."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        self.stopped = stat.rpartition(") ")[2].startswith("T")
        return self.stopped

    def thaw(self) -> None:
        if self.stopped:
            self.stopped = False
            self.process.send_signal(signal.SIGCONT)

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None and not self.stopped


class Cast:
    """Everything that can be killed. The lock of a thing is held while it is being killed and started again."""

    def __init__(self, binary: str, workers: int, stack: contextlib.ExitStack) -> None:
        self.logs = pathlib.Path(tempfile.mkdtemp(prefix="socialtrend-chaos-"))
        self.postgres = stack.enter_context(PostgreSQL(durable=True))
        self.pgbouncer = stack.enter_context(PgBouncer(self.postgres.url, pool_size=12))
        self.redis = stack.enter_context(Redis())
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.logs), "DATA_DIR": str(self.logs / "data"), "BIND": "127.0.0.1",
            "LOG_FORMAT": "json", "TREND_SOURCES": "none", "PORT": "0",
            "DATABASE_URL": self.pgbouncer.url, "DATABASE_LISTEN_URL": self.postgres.url, "REDIS_URL": self.redis.url}
        made = subprocess.run([binary, "config", "--make-key"], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        environment["APP_KEY"] = made.stdout.strip()
        subprocess.run([binary, "migrate"], check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        port = free_port()
        # From here Threads and Instagram fetch their pictures.
        environment["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
        self.backend = Program(binary, "backend", ["backend"], {**environment, "PORT": str(port)}, self.logs)
        self.workers = [Program(binary, f"worker-{number}", ["worker"], environment, self.logs)
                        for number in range(1, workers + 1)]
        self.rehearsal = Program(binary, "rehearsal", ["rehearse", "--port", "0", "--no-rate-limits"], environment, self.logs)
        for program in [self.backend, *self.workers, self.rehearsal]:
            stack.callback(program.kill)
        self.locks = {id(thing): threading.Lock() for thing in
                      [self.postgres, self.pgbouncer, self.redis, self.backend, *self.workers]}

    def lock(self, thing: object) -> threading.Lock:
        return self.locks[id(thing)]

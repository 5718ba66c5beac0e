"""Servers of other people for tests: PostgreSQL, PgBouncer, Redis, a Bluesky PDS, a Nostr relay.

Each is a process of the test's own, in a temporary folder, on a random port of loopback; a context manager that ends with the
test. Those that chaos needs can be killed (kill -9) and started again at the same address.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_MAX = 30  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port: int, what: str) -> None:
    give_up = time.monotonic() + START_MAX
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{what} did not start")


class Server:
    """A process in a folder of its own; as root, that of another user."""

    name = "server"
    user = ""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"socialtrend-{self.name}-"))
        self.as_user = ["runuser", "-u", self.user, "--"] if self.user and os.geteuid() == 0 else []
        if self.as_user:
            shutil.chown(self.folder, self.user, self.user)
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        self.spawn()
        await_port(self.port, f"{self.name} (see {self.folder}/log)")

    def spawn(self) -> None:
        with open(self.folder / "log", "ab") as log:
            if self.as_user:
                shutil.chown(self.folder / "log", self.user, self.user)
            self.process = subprocess.Popen([*self.as_user, *self.command()], cwd="/", stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)

    def pids(self) -> list[int]:
        """The process and its children: runuser stands between us and the server."""
        found = [self.process.pid]
        for pid in found:
            with contextlib.suppress(OSError):
                children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                found += [int(child) for child in children]
        return found

    def kill(self) -> None:
        if self.process is None:
            return
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQL(Server):
    """Without fsync, for speed, unless what is committed must outlive a kill."""

    name = "postgres"
    user = "postgres"

    def __init__(self, durable: bool = False) -> None:
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        if not versions:
            raise SystemExit("PostgreSQL is not installed: run tools/setup test")
        super().__init__()
        self.programs = versions[-1]
        self.fsync = "on" if durable else "off"
        self.data = self.folder / "data"
        subprocess.run([*self.as_user, str(self.programs / "initdb"), "-D", str(self.data), "-A", "trust", "-U", "postgres",
                        "-E", "UTF8"], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        settings = [f"fsync={self.fsync}", "listen_addresses=127.0.0.1", "max_connections=300"]
        return [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(self.port), "-k", str(self.folder),
                *[word for setting in settings for word in ("-c", setting)]]

    def is_ready(self) -> bool:
        asked = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, stdin=subprocess.DEVNULL).returncode == 0

    def start(self) -> None:
        """Until it takes statements: after a kill the memory of the old one must go, and the log be read."""
        give_up = time.monotonic() + START_MAX
        while time.monotonic() < give_up:
            if self.process is None or self.process.poll() is not None:
                self.spawn()
            if self.is_ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start (see {self.folder}/log)")


class PgBouncer(Server):
    """Debian's PgBouncer in transaction mode before a PostgreSQL."""

    name = "pgbouncer"
    user = "postgres"

    def __init__(self, postgres_url: str, pool_size: int = 4) -> None:
        super().__init__()
        postgres_port = postgres_url.rsplit(":", 1)[1].split("/")[0]
        (self.folder / "pgbouncer.ini").write_text("\n".join([
            "[databases]", f"* = host=127.0.0.1 port={postgres_port} user=postgres",
            "[pgbouncer]", "listen_addr = 127.0.0.1", f"listen_port = {self.port}", "unix_socket_dir =",
            "auth_type = any", "pool_mode = transaction", f"default_pool_size = {pool_size}", "max_client_conn = 1000",
            "server_login_retry = 1", "server_idle_timeout = 10", ""]))

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        return ["pgbouncer", str(self.folder / "pgbouncer.ini")]


class Redis(Server):
    name = "redis"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", str(self.folder)]


class NodeServer:
    """A real server of tests/servers (a Bluesky PDS, a Nostr relay)."""

    def __init__(self, name: str) -> None:
        self.folder = ROOT / "tests/servers" / name
        self.state = tempfile.mkdtemp(prefix=f"socialtrend-{name}-")
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        environment = {**os.environ, "PORT": str(self.port), "PLC_PORT": str(free_port()), "STATE_DIR": self.state}
        self.process = subprocess.Popen(["node", "start.cjs"], cwd=self.folder, env=environment, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line.startswith("READY"):
            raise SystemExit(f"{self.folder} did not start: {line}")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.state, ignore_errors=True)

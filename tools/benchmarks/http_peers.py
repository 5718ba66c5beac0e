"""What stands beside the program in the benchmark of HTTP: nginx with the page's files, the least that Node.js can do."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from benchmarks.load import measured, resident_mb
from benchmarks.peers import npm_ready, skip
from benchmarks.results import ROOT, series
from benchmarks.servers import Postgres, free_port


def nginx(runs: int, served: dict[str, bytes]) -> list[dict]:
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not pathlib.Path(program).exists():
        skip("nginx", "it is not installed (apt-get install nginx-light)")
        return []
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as folder:
        page = pathlib.Path(folder) / "page"
        page.mkdir(mode=0o755)
        for name, content in served.items():  # nginx of Debian has no Brotli: it is given the compressed bytes as the file
            (page / name).write_bytes(content)
        pathlib.Path(folder).chmod(0o755)
        port = free_port()
        pathlib.Path(f"{folder}/nginx.conf").write_text(f"""
            daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types {{ text/html html; text/javascript js; }}
              open_file_cache max=1000;
              client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d;
              scgi_temp_path {folder}/e;
              server {{ listen 127.0.0.1:{port}; root {page}; }} }}""")
        server = subprocess.Popen([program, "-p", folder, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"], stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            url = f"http://127.0.0.1:{port}"
            return (measured("nginx, index.html", url + "/index.html", runs, server.pid)
                    + measured("nginx, the same script", url + "/script.js", runs, server.pid))
        finally:
            server.terminate()
            server.wait(10)


def node(runs: int, database: Postgres, filled: str) -> list[dict]:
    results = []
    try:
        npm_ready()
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        skip("Node.js", str(error))
        return []
    for name, url in (("an answer that never changes", None), ("20 rows of PostgreSQL", filled)):
        environment = {**os.environ, **({"PG_URL": url} if url else {})}
        server = subprocess.Popen(["node", "http.js"], cwd=ROOT / "tests/bench/peers", env=environment, stdout=subprocess.PIPE, text=True)
        try:
            answer = json.loads(server.stdout.readline())
            label = f"Node.js {answer['version']}, {name}"
            results += measured(label, f"http://127.0.0.1:{answer['port']}/", runs, server.pid, database.server.pid if url else None)
            results.append(series(f"{label}: memory after this", "MB", [resident_mb(server.pid)]))
        finally:
            server.terminate()
            server.wait(10)
    return results

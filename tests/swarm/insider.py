"""A client inside the fleet's network, with no edge and no repetition between it and the tasks: finds them by name, keeps its
connections, and tells each second what it saw. Run in a container by drill.py; needs nothing but Python.

usage: insider.py     TOKEN in the environment
"""
import collections
import http.client
import itertools
import json
import os
import random
import socket
import threading
import time
import uuid

CLIENTS = 3  # connections to each role
PAUSE = (0.02, 0.2)  # seconds between two requests of a client
PATIENCE = 20.0
ROLES = {"backend": (8000, ["/api/posts?limit=5", "/api/user", "/api/accounts"]), "automation": (5000, ["/automation/health"]),
         "worker": (9100, ["/api/health/live"]), "frontend": (8080, ["/", "/index.html"])}
DRAFT = json.dumps({"parts": [{"text": "of an insider"}], "variants": [], "when": {"type": "draft"}})

lock = threading.Lock()
sent: collections.Counter[str] = collections.Counter()
failed: list[tuple[float, str]] = []  # when it was asked, and what happened


def connect(role: str, port: int) -> http.client.HTTPConnection:
    found = socket.getaddrinfo(f"tasks.{role}", port, socket.AF_INET, socket.SOCK_STREAM)
    return http.client.HTTPConnection(random.choice(found)[4][0], port, timeout=PATIENCE)


def idle_end(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has closed a connection while nothing was asked: a client sees that before it sends."""
    if connection.sock is None:
        return True
    connection.sock.setblocking(False)
    try:
        return connection.sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.sock.settimeout(PATIENCE)


def ask(role: str) -> None:
    port, paths = ROLES[role]
    connection = None
    for number in itertools.count():
        time.sleep(random.uniform(*PAUSE))
        headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
        method, path, body = "GET", paths[number % len(paths)], None
        if role == "backend" and number % 5 == 0:
            method, path, body = "POST", "/api/posts", DRAFT
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        failure, begin = "", time.monotonic()
        try:
            if connection is None or idle_end(connection):
                connection = connect(role, port)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status >= 400:
                failure = str(answer.status)
            if answer.will_close:
                connection = None
        except (OSError, http.client.HTTPException) as error:
            failure = repr(error)
            connection = None
        with lock:
            sent[role] += 1
            if failure:
                failed.append((begin, f"{role} {method} {path}: {failure}"))


def main() -> None:
    for role in ROLES:
        for _ in range(CLIENTS):
            threading.Thread(target=ask, args=(role,), daemon=True).start()
    while True:
        time.sleep(1)
        with lock:
            print(json.dumps({"at": time.monotonic(), "sent": sum(sent.values()), "failed": failed}), flush=True)
            sent.clear()
            failed.clear()


if __name__ == "__main__":
    main()

"""The certificate of PUBLIC_URL, shown by a double of the proxy: what doctor says of it, and the metric."""
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

from checks import Checks, wait_until
from program import Program


class Proxy:
    """Ends TLS with a certificate of its own for so many days, and answers every request alike."""

    def __init__(self, folder: pathlib.Path, days: int) -> None:
        self.certificate, key = folder / f"{days}.crt", folder / f"{days}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(self.certificate),
                        "-days", str(days), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                       check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self.listening.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                plain, _ = self.listening.accept()
            except OSError:
                return  # closed: the test is over
            try:
                with self.context.wrap_socket(plain, server_side=True) as connection:
                    if connection.recv(4096):
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            except OSError:
                plain.close()  # whoever only wanted to see the certificate, or did not believe it

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.close()


def say(binary: str, folder: pathlib.Path, proxy: Proxy, believed: bool) -> str:
    trust = [f"SSL_CERT_FILE={proxy.certificate}"] if believed else []
    done = subprocess.run(["env", "-u", "DATABASE_URL", *trust, binary, "doctor", "--public-url", proxy.url, "--data-dir", str(folder)],
                          capture_output=True, text=True, timeout=60)
    return "\n".join(line for line in done.stdout.splitlines() if " certificate " in line)


def check(checks: Checks, binary: str) -> None:
    if shutil.which("openssl") is None:
        checks.skip("certificates: openssl is not installed, run tools/setup test")
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="socialtrend-certificate-"))
    with Proxy(folder, 5) as short, Proxy(folder, 90) as long:
        found = say(binary, folder, long, believed=False)
        checks.expect(found.startswith("BAD") and "self" in found, f"one that nobody believes is bad: {found}")
        found = say(binary, folder, short, believed=True)
        checks.expect(found.startswith("warning") and "renewed" in found, f"one that ends in days is a warning: {found}")
        found = say(binary, folder, long, believed=True)
        checks.expect(found.startswith("ok") and ("(89 days)" in found or "(90 days)" in found), f"a good one is good: {found}")
        with Program(binary, PUBLIC_URL=short.url, SSL_CERT_FILE=str(short.certificate)) as program:
            def days_left() -> list[float]:
                return [float(line.split()[1]) for line in program.get("/metrics").splitlines() if line.startswith("certificate_days_left ")]
            shown = wait_until(lambda: [days for days in days_left() if 4 < days <= 5])
            checks.expect(bool(shown), f"certificate_days_left is exposed: {days_left()}")
            checks.expect('processes_alive{role="worker"} ' in program.get("/metrics"), "and the signs of life")
    shutil.rmtree(folder)

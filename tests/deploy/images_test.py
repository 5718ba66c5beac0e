"""deploy/images/check.py finds what it is there to find: wrong images and outdated packages, made up here without a Docker daemon."""
import contextlib
import io
import json
import subprocess
import tarfile
import types
import unittest

from findings import DEPLOY

POLICY = b"libc6:\n  Installed: 1\n  Candidate: 2.36-9+deb12u13\n  Version table:\ntzdata:\n  Installed: 1\n  Candidate: 2025b-0+deb12u2\n"
GOOD = {"Config": {"User": "10001:10001", "Healthcheck": {"Test": ["CMD", "/usr/bin/socialtrend", "healthcheck"]}, "Env": ["PORT=8000"],
                   "Labels": {f"org.opencontainers.image.{name}": "x" for name in ("title", "licenses", "version", "revision")}}, "Size": 50_000_000}
PARTS = {"components": [{"name": "libc6", "properties": [{"name": "socialtrend:file", "value": "/lib/libc.so.6"}]}]}


def answer(output: bytes = b"", code: int = 0) -> subprocess.CompletedProcess:
    return subprocess.CompletedProcess([], code, output, b"")


def package(name: str, version: str) -> dict:
    return {"name": name, "version": version, "purl": f"pkg:deb/debian/{name}@{version}"}


class Images(unittest.TestCase):
    def setUp(self) -> None:
        self.check = types.ModuleType("check")
        self.check.__file__ = str(DEPLOY / "images/check.py")
        exec((DEPLOY / "images/check.py").read_text(), self.check.__dict__)

    def found(self, examine, *arguments: object) -> list[str]:
        with contextlib.redirect_stdout(io.StringIO()):
            examine(*arguments)
        return self.check.failures

    def scan(self, *parts: dict) -> list[str]:
        real = self.check.run
        self.check.run = lambda *command: answer(POLICY) if command[0] == "apt-cache" else answer() if command[0] == "apt-get" else real(*command)
        return self.found(self.check.scan_debian, list(parts))

    def test_the_newest_packages_pass(self) -> None:
        self.assertEqual(self.scan(package("libc6", "2.36-9+deb12u13"), package("tzdata", "2025b-0+deb12u2")), [])

    def test_an_outdated_package_is_named(self) -> None:
        self.assertEqual(self.scan(package("libc6", "2.36-9+deb12u9"), package("tzdata", "2025b-0+deb12u2")),
                         ["libc6 2.36-9+deb12u9 is outdated: 2.36-9+deb12u13"])

    def test_a_package_that_debian_does_not_know_is_named(self) -> None:
        self.assertIn("unknown to apt: ['odd']", self.scan(package("odd", "1")))

    def test_an_image_without_packages_was_not_scanned(self) -> None:
        self.assertEqual(len(self.scan()), 1)

    def settings(self, **changes: object) -> list[str]:
        self.check.docker = lambda *_: json.dumps([{**GOOD, "Config": {**GOOD["Config"], **changes}}]).encode()
        return self.found(self.check.check_settings, "image")

    def test_settings(self) -> None:
        self.assertEqual(self.settings(), [])
        self.assertIn("image runs as root", self.settings(User=""))
        self.assertIn("image: another health check", self.settings(Healthcheck={"Test": ["CMD-SHELL", "curl -f http://localhost"]}))
        self.assertIn("image carries a secret", self.settings(Env=["APP_KEY=abc"]))
        self.assertTrue(any("lacks the labels" in one for one in self.settings(Labels={})))

    def files(self, **more: int) -> list[str]:
        """The names of further files, with their modes."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            data = tarfile.TarInfo("data")
            data.type, data.uid, data.gid = tarfile.DIRTYPE, 10001, 10001
            archive.addfile(data)
            for name, mode, body in [("usr/share/doc/socialtrend/sbom.cdx.json", 0o644, json.dumps(PARTS).encode()), ("lib/libc.so.6", 0o644, b""),
                                     *[(name, mode, b"") for name, mode in more.items()]]:
                member = tarfile.TarInfo(name)
                member.mode, member.size = mode, len(body)
                archive.addfile(member, io.BytesIO(body))
        packed.seek(0)
        self.check.files_of = lambda _: tarfile.open(fileobj=packed)
        return self.found(self.check.check_files, "image")

    def test_files(self) -> None:
        self.assertEqual(self.files(), [])
        self.assertIn("image has bin/sh", self.files(**{"bin/sh": 0o755}))
        self.assertIn("image: usr/bin/su is setuid", self.files(**{"usr/bin/su": 0o4755}))
        self.assertTrue(any("not in the list of parts" in one for one in self.files(**{"lib/libodd.so.1": 0o644})))

    def test_a_big_image_is_named(self) -> None:
        self.check.docker = lambda *_: b""
        self.assertEqual(self.found(self.check.check_size, "image", "backend", {"Size": 50_000_000}), [])
        self.assertEqual(len(self.found(self.check.check_size, "image", "backend", {"Size": 61_000_000})), 1)


if __name__ == "__main__":
    unittest.main()

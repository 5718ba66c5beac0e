"""deploy/docker-swarm/autoscaler: its decisions, and what it does to a Docker daemon that is a double of twenty lines."""
import datetime
import http.server
import io
import json
import contextlib
import pathlib
import socketserver
import tempfile
import threading
import types
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
autoscaler = types.ModuleType("autoscaler")  # by hand: an import would leave its bytecode in deploy/
exec((ROOT / "deploy/docker-swarm/autoscaler").read_text(), autoscaler.__dict__)

NOON = datetime.datetime(2026, 3, 2, 12, 0, tzinfo=datetime.timezone.utc).timestamp()  # a Monday


def policy(**labels: str):
    return autoscaler.Policy({f"socialtrend.autoscale.{key}": value for key, value in {"min": "2", "max": "10", **labels}.items()})


def scaling(advised: int = 1, backlog: int = 0, soon: int = 0) -> dict:
    return {"backlog": backlog, "advised_workers": advised, "due_next": [{"minutes": 1, "targets": soon}, {"minutes": 5, "targets": soon}]}


class Decisions(unittest.TestCase):
    def test_up_at_once_to_what_is_advised(self) -> None:
        self.assertEqual(policy().decide(2, scaling(5), NOON)[0], 5)
        self.assertEqual(policy().decide(2, scaling(50), NOON)[0], 8)  # the double and four
        self.assertEqual(policy().decide(8, scaling(50), NOON)[0], 10)  # max

    def test_down_only_after_fewer_were_enough_for_long(self) -> None:
        one = policy(down_after="300")
        for second in range(0, 300, 15):
            self.assertEqual(one.decide(8, scaling(2), NOON + second)[0], 8, second)
        self.assertEqual(one.decide(8, scaling(2), NOON + 300)[0], 4)  # at most by half
        self.assertEqual(one.decide(4, scaling(2), NOON + 315)[0], 2)

    def test_one_peak_within_the_window_keeps_what_it_wanted(self) -> None:
        one = policy(down_after="60")
        one.decide(8, scaling(2), NOON)
        one.decide(8, scaling(6), NOON + 30)
        self.assertEqual(one.decide(8, scaling(2), NOON + 61)[0], 6)

    def test_what_a_person_adds_stays_for_a_while(self) -> None:
        one = policy(down_after="60")
        for second in range(0, 120, 15):
            one.decide(2, scaling(2), NOON + second)
        self.assertEqual(one.decide(6, scaling(2), NOON + 120)[0], 6)
        self.assertEqual(one.decide(6, scaling(2), NOON + 181)[0], 3)

    def test_without_an_answer_nothing_is_taken_away(self) -> None:
        one = policy(down_after="30")
        for second in range(0, 600, 15):
            wanted, why = one.decide(7, None, NOON + second)
            self.assertEqual(wanted, 7)
        self.assertIn("no answer", why)
        self.assertEqual(policy().decide(1, None, NOON)[0], 2)  # min holds all the same

    def test_another_rate_makes_another_sum(self) -> None:
        slow = policy(rate="0.5")
        self.assertEqual(slow.decide(2, scaling(1, backlog=100), NOON)[0], 4)
        self.assertEqual(policy(rate="0.5").decide(2, scaling(1, soon=100), NOON), (4, "100 due in 1 min"))

    def test_an_average_is_brought_to_its_target(self) -> None:
        busy = policy(signal="role:process_cpu:rate1m", target="0.7")
        self.assertEqual(busy.decide(4, 1.05, NOON)[0], 6)
        self.assertEqual(busy.decide(4, 0.75, NOON)[0], 4)  # within a tenth
        self.assertEqual(policy(signal="x", target="0.7", down_after="0").decide(4, 0.1, NOON)[0], 2)

    def test_hours_have_a_floor(self) -> None:
        one = policy(floor="MON-FRI 12:45-14:00 Europe/Paris 6; SAT 00:00-23:59 UTC 3")
        self.assertEqual(one.decide(2, scaling(1), NOON)[0], 6)  # 13:00 in Paris
        self.assertEqual(policy(floor="TUE 00:00-23:00 UTC 6").decide(2, scaling(1), NOON)[0], 2)

    def test_mistakes_are_named(self) -> None:
        for labels, expected in (({"max": "1"}, "no choice"), ({"max": "many"}, "max must be"), ({"tagret": "1"}, "no such label"),
                                 ({"signal": "up"}, "target must be"), ({"floor": "noon 3"}, "is not like"),
                                 ({"floor": "MON 00:00-01:00 Mars/Base 3"}, "no time zone"), ({"rate": "nan"}, "rate must be")):
            with self.assertRaisesRegex(autoscaler.Mistake, expected):
                policy(**labels)


class Double(http.server.BaseHTTPRequestHandler):
    """Docker's socket, and /api/scaling, as one server."""
    service: dict = {}
    scaling: dict = {}
    updates: list[tuple[str, int]] = []

    def answer(self, body: object, status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        self.answer(self.scaling if self.path == "/api/scaling" else [self.service])

    def do_POST(self) -> None:
        spec = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = urllib.parse.urlsplit(self.path)
        if f"version={self.service['Version']['Index']}" != asked.query:
            return self.answer({"message": "update out of sequence"}, 500)
        self.updates.append((asked.path, spec["Mode"]["Replicated"]["Replicas"]))
        self.answer({})

    def log_message(self, *_arguments: object) -> None:
        pass

    def address_string(self) -> str:
        return "double"


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class Deeds(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.socket = f"{folder.name}/docker.sock"
        for server in (UnixServer(self.socket, Double), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Double)):
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_address[1]}/api/scaling"
        Double.updates = []
        Double.scaling = scaling(5)
        Double.service = {"ID": "abc", "Version": {"Index": 7}, "Spec": {
            "Name": "socialtrend_worker", "Mode": {"Replicated": {"Replicas": 2}},
            "Labels": {"socialtrend.autoscale.min": "2", "socialtrend.autoscale.max": "10"}}}

    def look(self, dry_run: bool = False, url: str = "", times: int = 1) -> list[dict]:
        options = autoscaler.argparse.Namespace(scaling=url or self.url, prometheus="http://127.0.0.1:9", socket=self.socket, dry_run=dry_run)
        one, said = autoscaler.Autoscaler(options), io.StringIO()
        with contextlib.redirect_stdout(said):
            for _ in range(times):
                one.look()
        return [json.loads(line) for line in said.getvalue().splitlines()]

    def test_scales_and_says_why(self) -> None:
        said = self.look()
        self.assertEqual(Double.updates, [("/v1.40/services/abc/update", 5)])
        self.assertEqual((said[-1]["before"], said[-1]["replicas"]), (2, 5))
        self.assertIn("advised 5", said[-1]["message"])

    def test_a_dry_run_only_says(self) -> None:
        self.assertEqual(self.look(dry_run=True)[-1]["replicas"], 5)
        self.assertEqual(Double.updates, [])

    def test_leaves_an_update_alone(self) -> None:
        Double.service["UpdateStatus"] = {"State": "updating"}
        self.assertIn("left alone: updating", self.look()[-1]["message"])
        self.assertEqual(Double.updates, [])

    def test_a_silent_backend_changes_nothing_and_is_told_once(self) -> None:
        said = self.look(url="http://127.0.0.1:9/api/scaling", times=3)
        self.assertEqual(Double.updates, [])
        self.assertEqual(len(said), 2)  # the address, and the service
        self.assertIn("no answer", said[-1]["message"])

    def test_an_answer_of_another_kind_is_none(self) -> None:
        Double.scaling = {"error": "odd"}
        self.assertIn("no answer", self.look()[-1]["message"])

    def test_a_wrong_label_is_an_error_and_changes_nothing(self) -> None:
        Double.service["Spec"]["Labels"]["socialtrend.autoscale.max"] = "0"
        self.assertEqual(self.look()[-1]["log.level"], "error")
        self.assertEqual(Double.updates, [])


if __name__ == "__main__":
    unittest.main()

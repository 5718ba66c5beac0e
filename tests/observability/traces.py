"""Spans of requests reach a double of an OpenTelemetry collector; without one the work goes on."""
import json
import re
import urllib.request

from checks import Checks, wait_until
from program import Program, Receiver

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def spans(receiver: Receiver) -> list[dict]:
    return [span for path, _, body in list(receiver.received) if path == "/v1/traces"
            for group in body["resourceSpans"] for scope in group["scopeSpans"] for span in scope["spans"]]


def check(checks: Checks, binary: str) -> None:
    with Receiver() as receiver:
        with Program(binary, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, TRACE_PERCENT="0") as program:
            kept = urllib.request.Request(program.url + "/api/health", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
            with urllib.request.urlopen(kept, timeout=5) as done:
                own = done.headers["traceparent"].split("-")[2]
            program.get("/api/health/live")
            found = wait_until(lambda: [span for span in spans(receiver) if span["traceId"] == TRACE and span["kind"] == 2])
            checks.expect(bool(found), "the span of a request that its caller keeps reaches the collector")
            span = found[0] if found else {}
            checks.expect(span.get("parentSpanId") == PARENT and span.get("spanId") == own, f"it stands in the caller's trace: {span}")
            checks.expect(span.get("name") == "GET /api/health" and span.get("kind") == 2, f"it says what it was: {span}")
            checks.expect(0 < int(span.get("endTimeUnixNano", 0)) - int(span.get("startTimeUnixNano", 0)) < 5e9, "and how long it took")
            checks.expect(all(one["traceId"] == TRACE for one in spans(receiver)), "of the others none is kept at 0 %")
            parts = wait_until(lambda: [one for one in spans(receiver) if one.get("parentSpanId") == own])
            checks.expect(bool(parts) and all(one["kind"] == 3 for one in parts), f"its statements are spans below it: {parts}")
            summaries = [attribute["value"]["stringValue"] for one in parts for attribute in one["attributes"]
                         if attribute["key"] == "db.query.summary"]
            checks.expect(bool(summaries) and all(re.fullmatch(r"[\w. -]+", summary) for summary in summaries),
                          f"by their names, without text or values: {summaries}")
        with Program(binary, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, TRACE_PERCENT="100") as program:
            before = len(spans(receiver))
            program.get("/api/health/live")
            program.terminate()
            checks.expect(any(one["name"] == "GET /api/health/live" for one in spans(receiver)[before:]), "an orderly end sends what is left")
    with Program(binary, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", TRACE_PERCENT="100") as program:
        checks.expect(all(json.loads(program.get("/api/health/live"))["status"] == "ok" for _ in range(50)),
                      "without a collector the work goes on")
        checks.expect(bool(wait_until(lambda: any(line.startswith('trace_spans_dropped_total{why="collector"}')
                                                  for line in program.get("/metrics").splitlines()))), "and the loss is counted")

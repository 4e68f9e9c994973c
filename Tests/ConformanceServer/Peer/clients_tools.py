"""Command line tools: `buf curl`, which is connect-go, and curl."""

import base64
import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from launcher import Launcher, Report
from messages import CODES, ROOT, SERVICE, code_number, json_format, kind
from model import DATA, SENT, error, expect, faults, request
from protocols import KINDS, Call, Form, Outcome, grouped
from suites import LIMIT, WORDS, basic, metadata
from transports import Answer

BUF = str(Path(sys.executable).parent / "buf")
SCHEMA = str(ROOT / "Tests/ConformanceServer/Generated/conformance.binpb")


def text(message) -> str:
    return json_format.MessageToJson(message, indent=None)


class Buf:
    """`way` is where the schema comes from: a file, or the server's own reflection."""

    def __init__(self, port: int, protocol: str, version: int, way: list[str]):
        self.port, self.way = port, [*way, "--protocol", protocol]
        if version == 2 and protocol != "grpc" and "--reflect" not in way:
            self.way.append("--http2-prior-knowledge")

    def call(self, call: Call) -> Outcome:
        headers = [part for name, value in call.headers for part in ("-H", f"{name}: {value}")]
        url = f"http://127.0.0.1:{self.port}{call.path}"
        ran = subprocess.run(
            [BUF, "curl", *self.way, *headers, "-d", "\n".join(map(text, call.messages)), url],
            capture_output=True, timeout=20, text=True,
        )
        outcome = Outcome(Answer(status=200))
        decoder, rest = json.JSONDecoder(), ran.stdout.strip()
        while rest:
            value, end = decoder.raw_decode(rest)
            outcome.messages.append(json_format.ParseDict(value, call.response()))
            rest = rest[end:].lstrip()
        if ran.returncode >= 8:
            told = json.loads(ran.stderr)
            # It shows details in its own way, as JSON beside the bytes.
            details = [(detail["type"], decoded(detail["value"])) for detail in told.get("details", [])]
            outcome.error = (told["code"], told.get("message", ""), details)
            if ran.returncode >> 3 != code_number(told["code"]):
                outcome.remarks.append(f"buf curl ended with {ran.returncode}")
        elif ran.returncode:
            outcome.remarks.append(f"buf curl ended with {ran.returncode}: {ran.stderr[-300:]}")
        return outcome


def decoded(value: str) -> bytes:
    return base64.b64decode(value + "=" * (-len(value) % 4))


def without_metadata(found: list[str]) -> list[str]:
    """`buf curl` does not show it, unless with much else."""
    return [fault for fault in found if not fault.startswith(("header ", "trailer ", "metadata "))]


def buf_cases() -> Iterator[tuple]:
    yield from basic()
    for code in CODES[::3]:
        for method in ("Unary", "ServerStream"):
            call = Call(method, [request(method, fails=error(code, WORDS))], SENT)
            yield (f"errors/{method}/{code}", call, expect(call))


def buf(launcher: Launcher, report: Report) -> None:
    for protocol, version in (("connect", 1), ("connect", 2), ("grpc", 2), ("grpcweb", 1), ("grpcweb", 2)):
        with launcher.server(protocol.replace("grpcweb", "grpc-web"), version, LIMIT) as port:
            client = Buf(port, protocol, version, ["--schema", SCHEMA])
            for name, call, expected in buf_cases():
                def one(call=call, expected=expected) -> list[str]:
                    return without_metadata(faults(client.call(call), call, Form(), expected))

                report.case(f"buf/{protocol}-http{version}/{name}", one)
    with launcher.server("grpc", 2) as port:
        for way in ("grpc-v1", "grpc-v1alpha"):
            for protocol in ("connect", "grpc", "grpcweb"):
                client = Buf(port, protocol, 2, ["--reflect", "--reflect-protocol", way])
                call = Call("Unary", [request("Unary", data=DATA)], SENT)

                def reflected(client=client) -> list[str]:
                    return without_metadata(faults(client.call(call), call, Form(), expect(call)))

                report.case(f"buf/reflection/{way}/{protocol}", reflected)
        report.case("buf/reflection/list", lambda: lists(port))


def lists(port: int) -> list[str]:
    ran = subprocess.run([BUF, "curl", "--http2-prior-knowledge", "--list-methods", f"http://127.0.0.1:{port}"],
                         capture_output=True, timeout=20, text=True)
    missing = {f"{SERVICE}/{name}" for name in KINDS} - set(ran.stdout.split())
    return [f"it does not list {missing}: {ran.stderr[-300:]}"] if missing else []


class Curl:
    """Connect's JSON with nothing but curl: what a person types."""

    def __init__(self, port: int, version: int):
        self.port = port
        self.way = ["--http1.1"] if version == 1 else ["--http2-prior-knowledge"]

    def exchange(self, path: str, *arguments: str, data: bytes | None = None) -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            head, body = Path(folder, "head"), Path(folder, "body")
            sent = ["--data-binary", "@-"] if data is not None else []
            subprocess.run(
                ["curl", "-sS", "--max-time", "15", *self.way, "-D", str(head), "-o", str(body), *sent, *arguments,
                 f"http://127.0.0.1:{self.port}{path}"],
                input=data or b"", check=True,
            )
            lines = head.read_text("latin-1").splitlines()
            fields = [line.partition(":") for line in lines[1:] if line]
            return Answer(int(lines[0].split()[1]), [(name.lower(), value.strip()) for name, _, value in fields],
                          body.read_bytes() if body.exists() else b"")


def curl(launcher: Launcher, report: Report) -> None:
    for version in (1, 2):
        with launcher.server("connect", version, LIMIT) as port:
            client = Curl(port, version)
            for name, run in CURLS.items():
                report.case(f"curl/http{version}/{name}", lambda run=run: run(client))


JSON_POST = ("-H", "content-type: application/json")


def posts(client: Curl) -> list[str]:
    wanted = request("Unary", {"x-custom-header": ["foo"]}, {"x-custom-trailer": ["bing"]}, data=DATA)
    answer = client.exchange(f"/{SERVICE}/Unary", *JSON_POST, data=text(wanted).encode())
    told = json.loads(answer.body)
    found = [] if base64.b64decode(told["payload"]["data"]) == DATA else [f"the data is {told['payload']}"]
    found += [] if grouped(answer.headers).get("trailer-x-custom-trailer") == ["bing"] else ["no trailer"]
    return found + ([] if grouped(answer.headers).get("x-custom-header") == ["foo"] else ["no header"])


def unpacks(client: Curl) -> list[str]:
    wanted = text(request("Unary", data=b"a" * 20_000)).encode()
    answer = client.exchange(f"/{SERVICE}/Unary", *JSON_POST, "--compressed", data=wanted)
    size = len(base64.b64decode(json.loads(answer.body)["payload"]["data"]))
    found = [] if answer.first("content-encoding") == "gzip" else ["the answer is not compressed"]
    return found + ([] if size == 20_000 else [f"{size} bytes"])


def gets(client: Curl) -> list[str]:
    wanted = request("IdempotentUnary", data=DATA)
    answer = client.exchange(f"/{SERVICE}/IdempotentUnary", "-G", "--data-urlencode", f"message={text(wanted)}",
                             "--data-urlencode", "encoding=json", "--data-urlencode", "connect=v1")
    told = json_format.Parse(answer.body, kind("IdempotentUnaryResponse")())
    found = [] if told.payload.data == DATA else [f"the data is {told.payload.data!r}"]
    return found + ([] if told.payload.request_info.HasField("connect_get_info") else ["no GET was seen"])


def fails(client: Curl) -> list[str]:
    wanted = request("Unary", fails=error("resource_exhausted", "no more coupons ☺"))
    answer = client.exchange(f"/{SERVICE}/Unary", *JSON_POST, data=text(wanted).encode())
    told = json.loads(answer.body)
    right = (answer.status, told["code"], told["message"]) == (429, "resource_exhausted", "no more coupons ☺")
    return [] if right else [f"status {answer.status}: {answer.body!r}"]


def streams(client: Curl) -> list[str]:
    """Envelopes by hand."""
    wanted = text(request("ServerStream", data=[DATA, DATA])).encode()
    answer = client.exchange(f"/{SERVICE}/ServerStream", "-H", "content-type: application/connect+json",
                             data=struct.pack(">BI", 0, len(wanted)) + wanted)
    frames, body = [], answer.body
    while body:
        flags, length = struct.unpack(">BI", body[:5])
        frames.append((flags, json.loads(body[5:5 + length])))
        body = body[5 + length:]
    right = [flags for flags, _ in frames] == [0, 0, 2] and frames[2][1].get("error") is None
    return [] if right else [f"the envelopes are {frames}"]


def health(client: Curl) -> list[str]:
    answer = client.exchange("/grpc.health.v1.Health/Check", *JSON_POST, data=b"{}")
    return [] if json.loads(answer.body).get("status") == "SERVING" else [f"{answer.status}: {answer.body!r}"]


def allows(client: Curl) -> list[str]:
    # Without a body: an answer that comes before the body has left makes some curls complain over HTTP/2.
    answer = client.exchange(f"/{SERVICE}/Unary", "-X", "PATCH", *JSON_POST)
    right = answer.status == 405 and answer.first("allow") == "POST"
    return [] if right else [f"status {answer.status}, allow {answer.first('allow')!r}"]


def expects_continue(client: Curl) -> list[str]:
    """curl waits for 100 before it sends a large body."""
    wanted = text(request("Unary", data=DATA, request_data=b"\0" * 100_000)).encode()
    answer = client.exchange(f"/{SERVICE}/Unary", *JSON_POST, "-H", "expect: 100-continue", data=wanted)
    return [] if answer.body and json.loads(answer.body)["payload"]["data"] else [f"status {answer.status}"]


CURLS = {"post": posts, "compressed": unpacks, "get": gets, "error": fails, "stream": streams, "health": health,
         "method-not-allowed": allows, "expect-continue": expects_continue}

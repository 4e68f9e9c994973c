"""Requests that no client sends, or that each client writes in its own way."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from messages import SERVICE, kind
from model import DATA, SENT, Expected, expect, failing, faults, request
from protocols import Call, Connect, Form, GRPC, GRPCWeb, envelope
from transports import Answer, Headers

Check = Callable[[Answer], list[str]]
UNARY, STREAM, IDEMPOTENT = (f"/{SERVICE}/{name}" for name in ("Unary", "ServerStream", "IdempotentUnary"))
CLIENT_STREAM = f"/{SERVICE}/ClientStream"
ASKED = request("Unary", data=DATA)
ASKED_STREAM = request("ServerStream", data=[DATA])


@dataclass
class Probe:
    name: str
    check: Check
    path: str = UNARY
    headers: Headers = field(default_factory=list)
    body: bytes | None = field(default_factory=ASKED.SerializeToString)
    method: str = "POST"

    def run(self, transport) -> list[str]:
        return self.check(transport.exchange(self.method, self.path, self.headers, self.body))


def as_connect(call: Call, form: Form = Form(), expected: Expected | None = None, status: int | None = None) -> Check:
    def check(answer: Answer) -> list[str]:
        read = Connect().single if call.method != "ServerStream" and call.method != "ClientStream" else Connect().stream
        found = faults(read(answer, call, form), call, form, expected or expect(call))
        if status is not None and answer.status != status:
            found.append(f"status {answer.status} instead of {status}")
        return found

    return check


def fails(*codes: str, status: int | None = None, lists: str | None = None, method: str = "Unary") -> Check:
    """A Connect error; `lists` is what its message has to name."""
    inner = as_connect(Call(method), Form(), failing(*codes), status)

    def check(answer: Answer) -> list[str]:
        named = lists is None or lists.encode() in answer.body
        return inner(answer) + ([] if named else [f"the error does not name {lists}: {answer.body!r}"])

    return check


def plain(status: int, **fields: str) -> Check:
    """An answer of HTTP itself: its status, and words that fields of it have to have."""

    def check(answer: Answer) -> list[str]:
        found = []
        if answer.status != status:
            found.append(f"status {answer.status} instead of {status}: {answer.body[:200]!r}")
        for name, words in fields.items():
            value = ", ".join(answer.all(name.replace("_", "-")))
            found += [f"{name} {value!r} does not have {word}" for word in words.split() if word not in value]
        return found

    return check


def either(one: Check, other: Check) -> Check:
    return lambda answer: [] if not one(answer) or not other(answer) else one(answer)


def media(name: str, *more: tuple[str, str]) -> Headers:
    return [("content-type", name), *more]


def connect_unary() -> Iterator[Probe]:
    proto, json = ("application/proto", "application/json")
    call = Call("Unary", [ASKED])
    in_json = Form("json")
    yield Probe("verb-delete", plain(405, allow="POST"), headers=media(proto), method="DELETE")
    yield Probe("verb-put", plain(405, allow="POST"), headers=media(proto), method="PUT")
    yield Probe("get-of-a-method-with-side-effects", plain(405, allow="POST"), method="GET", body=None,
                path=UNARY + "?connect=v1&encoding=json&message=%7B%7D")
    yield Probe("delete-of-a-method-without", plain(405, allow="GET POST"), method="DELETE", path=IDEMPOTENT)
    yield Probe("unknown-service", plain(404), headers=media(proto), path="/connectrpc.conformance.v1.No/Unary")
    for name, method in {"unknown-method": "Nothing", "other-case": "unary"}.items():
        yield Probe(name, either(fails("unimplemented", status=501), plain(404)), headers=media(proto),
                    path=f"/{SERVICE}/{method}")
    yield Probe("unknown-codec", plain(415, accept_post="application/json application/proto"),
                headers=media("application/foo"))
    yield Probe("unknown-media", plain(415, accept_post="application/grpc-web"), headers=media("image/jpeg"))
    yield Probe("no-media", plain(415))
    yield Probe("values-stay-apart", apart(call), headers=media(proto, *SENT))
    yield Probe("stream-media-for-unary", plain(415), headers=media("application/connect+proto"))
    yield Probe("charset", as_connect(Call("Unary", [kind("UnaryRequest")()]), in_json), body=b"{}",
                headers=media("application/json; charset=utf-8"))
    yield Probe("media-in-capitals", as_connect(call), headers=media("Application/Proto"))
    yield Probe("no-version", as_connect(call), headers=media(proto))
    yield Probe("other-version", fails("invalid_argument", status=400),
                headers=media(proto, ("connect-protocol-version", "2")))
    for text in ("abc", "-1", "12345678901", "1.5", "0x10"):
        yield Probe(f"time-out-{text}", fails("invalid_argument", status=400),
                    headers=media(proto, ("connect-timeout-ms", text)))
    yield Probe("broken-proto", fails("invalid_argument", status=400), headers=media(proto), body=b"\x0a\xff\xff\xff")
    yield Probe("broken-json", fails("invalid_argument", status=400), headers=media(json), body=b'{"requestData": ')
    yield Probe("json-of-another-type", fails("invalid_argument", status=400), headers=media(json),
                body=b'{"requestData": 7.5}')
    yield Probe("unknown-field", as_connect(Call("Unary", [kind("UnaryRequest")()]), in_json), headers=media(json),
                body=b'{"noSuchField": {"deep": [1, "x", null]}, "alsoNone": 1}')
    yield Probe("original-names", as_connect(call, in_json), headers=media(json),
                body=b'{"response_definition": {"response_data": "dGVzdCByZXNwb25zZQ"}}')


def apart(call: Call) -> Check:
    """Two fields of one name are two values, whatever else they could be written as."""

    def check(answer: Answer) -> list[str]:
        headers = call.response.FromString(answer.body).payload.request_info.request_headers
        values = [list(header.value) for header in headers if header.name.lower() == SENT[0][0]]
        return [] if values == [[value for _, value in SENT]] else [f"the server saw {values}"]

    return check


def connect_compression() -> Iterator[Probe]:
    proto, call = "application/proto", Call("Unary", [ASKED])
    gzipped, empty = Form("proto", "gzip"), Call("Unary", [kind("UnaryRequest")()])
    data = ASKED.SerializeToString()
    yield Probe("unknown", fails("unimplemented", status=501, lists="gzip"),
                headers=media(proto, ("content-encoding", "foo")))
    yield Probe("in-capitals-or-not-known", lambda answer: [] if answer.status in (200, 501) else ["neither"],
                headers=media(proto, ("content-encoding", "GZIP")), body=gzipped.compress(data))
    yield Probe("said-and-not-done", fails("invalid_argument", "internal"),
                headers=media(proto, ("content-encoding", "gzip")))
    yield Probe("cut", fails("invalid_argument", "internal"), headers=media(proto, ("content-encoding", "gzip")),
                body=gzipped.compress(data)[:-9])
    yield Probe("empty-and-said", as_connect(empty, gzipped), headers=media(proto, ("content-encoding", "gzip")),
                body=b"")
    yield Probe("same-back", as_connect(call, gzipped), headers=media(proto, ("content-encoding", "gzip")),
                body=gzipped.compress(data))
    yield Probe("identity-said", as_connect(call), headers=media(proto, ("content-encoding", "identity")))
    yield Probe("identity-only-back", as_connect(call),
                headers=media(proto, ("content-encoding", "gzip"), ("accept-encoding", "identity")),
                body=gzipped.compress(data))
    yield Probe("unknown-accepted", as_connect(call), headers=media(proto, ("accept-encoding", "br, zstd")))
    big = request("Unary", data=b"a" * 5000)
    yield Probe("accepted-among-others", compressed(Call("Unary", [big])), body=big.SerializeToString(),
                headers=media(proto, ("accept-encoding", "br, gzip, zstd")))
    yield Probe("stream-unknown", fails("unimplemented", lists="gzip", method="ServerStream"), path=STREAM,
                headers=media("application/connect+proto", ("connect-content-encoding", "foo")),
                body=envelope(ASKED_STREAM.SerializeToString()))
    yield Probe("stream-flag-without-encoding", fails("internal", method="ServerStream"), path=STREAM,
                headers=media("application/connect+proto"), body=envelope(gzipped.compress(data), 1))
    yield Probe("stream-flag-with-identity", fails("internal", method="ServerStream"), path=STREAM,
                headers=media("application/connect+proto", ("connect-content-encoding", "identity")),
                body=envelope(gzipped.compress(data), 1))
    yield Probe("stream-flag-and-nothing", as_connect(Call("ServerStream", [type(ASKED_STREAM)()]), gzipped), STREAM,
                media("application/connect+proto", ("connect-content-encoding", "gzip")), envelope(b"", 1))
    yield Probe("stream-uncompressed-message", as_connect(Call("ServerStream", [ASKED_STREAM]), gzipped), path=STREAM,
                headers=media("application/connect+proto", ("connect-content-encoding", "gzip")),
                body=envelope(ASKED_STREAM.SerializeToString()))


def compressed(call: Call) -> Check:
    form = Form("proto", "gzip")

    def check(answer: Answer) -> list[str]:
        used = [] if answer.first("content-encoding") == "gzip" else ["a large answer is not compressed"]
        return used + as_connect(call, form)(answer)

    return check


def connect_streams() -> Iterator[Probe]:
    head, message = media("application/connect+proto"), envelope(ASKED_STREAM.SerializeToString())
    answer = as_connect(Call("ServerStream", [ASKED_STREAM]))
    yield Probe("one-request", answer, STREAM, head, message)
    yield Probe("no-request", fails("unimplemented", method="ServerStream"), STREAM, head, b"")
    yield Probe("two-requests", fails("unimplemented", method="ServerStream"), STREAM, head, message * 2)
    yield Probe("unary-media", plain(415, accept_post="application/connect+proto"), STREAM, media("application/proto"))
    yield Probe("unknown-codec", plain(415), STREAM, media("application/connect+foo"), message)
    broken = {"cut-message": message[:-3], "cut-envelope": message[:3], "reserved-flags": envelope(b"", 0x40),
              "broken-proto": envelope(b"\x0a\xff\xff")}
    for name, body in broken.items():
        yield Probe(name, fails("invalid_argument", "internal", method="ServerStream"), STREAM, head, body)
        yield Probe(f"client-{name}", fails("invalid_argument", "internal", method="ClientStream"), CLIENT_STREAM,
                    head, body)
    yield Probe("other-version", fails("invalid_argument", method="ServerStream"), STREAM,
                [*head, ("connect-protocol-version", "0")], message)
    yield Probe("bad-time-out", fails("invalid_argument", method="ServerStream"), STREAM,
                [*head, ("connect-timeout-ms", "soon")], message)
    huge = b"\x00\xff\xff\xff\xff" + b"x" * 100
    yield Probe("four-gigabytes-promised", fails("resource_exhausted", "invalid_argument", "internal",
                                                 method="ServerStream"), STREAM, head, huge)

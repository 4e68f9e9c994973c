"""The particulars of gRPC and gRPC-Web: content types, flags, time-outs, how often a message may come."""

import gzip
from collections.abc import Iterator

from messages import SERVICE
from model import DATA, SENT, error, expect, failing, faults, request
from probes import ASKED, ASKED_STREAM, CLIENT_STREAM, STREAM, UNARY, Check, Probe, either, plain
from protocols import Call, Form, envelope
from transports import Answer


def reading(protocol, call: Call, expected=None, form: Form = Form(), subformat: str | None = None) -> Check:
    def check(answer: Answer) -> list[str]:
        return faults(protocol.read(answer, call, form, subformat), call, form, expected or expect(call))

    return check


def listing(inner: Check, name: str, word: str) -> Check:
    def check(answer: Answer) -> list[str]:
        value = ", ".join(answer.all(name) + [v for n, v in answer.trailers if n == name])
        return inner(answer) + ([] if word in value else [f"{name} is {value!r}"])

    return check


def probes(protocol) -> Iterator[Probe]:
    te = [] if protocol.is_web else [("te", "trailers")]
    message, first = envelope(ASKED.SerializeToString()), Call("Unary", [ASKED])

    def head(subformat: str = "+proto", *more: tuple[str, str]):
        return [("content-type", protocol.media + subformat), *te, *more]

    def fails(*codes: str, method: str = "Unary", subformat: str | None = None) -> Check:
        return reading(protocol, Call(method), failing(*codes), subformat=subformat)

    yield Probe("with-sub-format", reading(protocol, first), UNARY, head(), message)
    yield Probe("without-sub-format", reading(protocol, first, subformat=""), UNARY, head(""), message)
    yield Probe("verb-delete", plain(405, allow="POST"), UNARY, head(), message, "DELETE")
    yield Probe("verb-get", plain(405, allow="POST"), UNARY, head(), None, "GET")
    for name, path in {"service": "/connectrpc.conformance.v1.No/Unary", "method": f"/{SERVICE}/Nothing"}.items():
        yield Probe(f"unknown-{name}", either(fails("unimplemented"), plain(404)), path, head(), message)
    yield Probe("unknown-codec", either(fails("internal", "unimplemented", "unknown", subformat="+foo"), plain(415)),
                UNARY, head("+foo"), message)
    yield Probe("no-request", fails("unimplemented"), UNARY, head(), b"")
    yield Probe("two-requests", fails("unimplemented"), UNARY, head(), message * 2)
    stream = envelope(ASKED_STREAM.SerializeToString())
    yield Probe("stream-no-request", fails("unimplemented", method="ServerStream"), STREAM, head(), b"")
    yield Probe("stream-two-requests", fails("unimplemented", method="ServerStream"), STREAM, head(), stream * 2)
    broken = {"cut-message": message[:-3], "cut-envelope": message[:3], "broken-proto": envelope(b"\x0a\xff\xff")}
    for name, body in broken.items():
        yield Probe(name, fails("internal", "invalid_argument"), UNARY, head(), body)
        yield Probe(f"client-{name}", fails("internal", "invalid_argument", method="ClientStream"), CLIENT_STREAM,
                    head(), body)
    huge = b"\x00\xff\xff\xff\xff" + b"x" * 100
    yield Probe("four-gigabytes-promised", fails("resource_exhausted", "internal", "invalid_argument"), UNARY, head(),
                huge)
    yield from compression(protocol, head, fails, message)
    yield from timeouts(protocol, head, fails)


def compression(protocol, head, fails, message: bytes) -> Iterator[Probe]:
    packed, gzipped = envelope(gzip.compress(ASKED.SerializeToString()), 1), Form("proto", "gzip")
    call = Call("Unary", [ASKED])
    yield Probe("unknown-compression", listing(fails("unimplemented"), "grpc-accept-encoding", "gzip"), UNARY,
                head("+proto", ("grpc-encoding", "foo")), message)
    yield Probe("flag-with-identity", fails("internal"), UNARY, head("+proto", ("grpc-encoding", "identity")), packed)
    yield Probe("flag-without-encoding", fails("internal"), UNARY, head(), packed)
    empty = Call("Unary", [type(ASKED)()])
    yield Probe("flag-and-nothing", reading(protocol, empty, form=gzipped), UNARY,
                head("+proto", ("grpc-encoding", "gzip")), envelope(b"", 1))
    yield Probe("uncompressed-message", reading(protocol, call, form=gzipped), UNARY,
                head("+proto", ("grpc-encoding", "gzip")), message)
    yield Probe("same-back", reading(protocol, call, form=gzipped), UNARY,
                head("+proto", ("grpc-encoding", "gzip")), packed)
    yield Probe("identity-only-back", reading(protocol, call), UNARY,
                head("+proto", ("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity")), packed)
    yield Probe("said-and-not-done", fails("internal", "invalid_argument"), UNARY,
                head("+proto", ("grpc-encoding", "gzip")), envelope(b"this is no gzip", 1))


def timeouts(protocol, head, fails) -> Iterator[Probe]:
    body = envelope(ASKED.SerializeToString())
    for text, milliseconds in {"1H": 3_600_000, "2M": 120_000, "3S": 3000, "4000m": 4000, "5000000u": 5000,
                               "99999999n": 99}.items():
        call = Call("Unary", [ASKED], timeout_ms=milliseconds)
        yield Probe(f"time-out-{text}", reading(protocol, call), UNARY, head("+proto", ("grpc-timeout", text)), body)
    for text in ("1", "m", "1x", "-1S", "123456789m", "1.5S"):
        yield Probe(f"bad-time-out-{text}", failing_somehow(protocol), UNARY, head("+proto", ("grpc-timeout", text)),
                    body)
    late = request("Unary", data=DATA, delay_ms=1500)
    yield Probe("late-in-microseconds", fails("deadline_exceeded"), UNARY, head("+proto", ("grpc-timeout", "90000u")),
                envelope(late.SerializeToString()))
    words = request("Unary", fails=error("internal", "100 % of it\nis in \u00e9 and \U0001f608"))
    call = Call("Unary", [words], SENT)
    yield Probe("trailers-only", only_trailers(protocol, call), UNARY, head("+proto", *SENT),
                envelope(words.SerializeToString()))


def failing_somehow(protocol) -> Check:
    """The protocol does not say with which code; some servers answer before they know that it is gRPC."""

    def check(answer: Answer) -> list[str]:
        if answer.status == 400:
            return []
        return reading(protocol, Call("Unary"), failing("invalid_argument", "internal", "unknown"))(answer)

    return check


def only_trailers(protocol, call: Call) -> Check:
    """An error before any message: with gRPC one block of headers, and nothing behind it."""

    def check(answer: Answer) -> list[str]:
        found = reading(protocol, call)(answer)
        if not protocol.is_web and not answer.is_bare:
            found.append("an error without messages has more than headers")
        return found

    return check

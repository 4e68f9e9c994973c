"""Connect's GET: the message is in the query, in any order and more than one spelling."""

import base64
import gzip
import urllib.parse
from collections.abc import Iterator

from messages import encode
from model import DATA, SENT, error, request
from probes import IDEMPOTENT, Probe, as_connect, fails, plain
from protocols import Call, Form

FIRST = request("IdempotentUnary", {"x-custom-header": ["foo"]}, {"x-custom-trailer": ["bing"]}, data=DATA)


def calls() -> Iterator[tuple[str, Call]]:
    """As a client sends them."""
    name = "IdempotentUnary"
    yield ("success", Call(name, [FIRST], SENT, get=True))
    yield ("post", Call(name, [FIRST], SENT))
    yield ("empty", Call(name, [type(FIRST)()], get=True))
    yield ("error", Call(name, [request(name, fails=error("not_found", "no ☺ here", [FIRST]))], get=True))
    yield ("time-out", Call(name, [request(name, data=DATA)], timeout_ms=2000, get=True))


def spelled(codec: str, **changes: str | None) -> str:
    message = encode(FIRST, codec)
    query = {"connect": "v1", "encoding": codec, "base64": "1", "message": base64.urlsafe_b64encode(message).decode()}
    return IDEMPOTENT + "?" + urllib.parse.urlencode({k: v for k, v in (query | changes).items() if v is not None})


def seen(codec: str, path: str, compression: str = "identity"):
    """Success, whatever the query looks like: the service tells it back, and so it is compared with what was sent."""
    inner = as_connect(Call("IdempotentUnary", [FIRST], get=True), Form(codec, compression))
    query = urllib.parse.parse_qs(path.partition("?")[2], keep_blank_values=True)

    def check(answer):
        found = [fault for fault in inner(answer) if "saw the query" not in fault]
        if codec == "proto" and answer.status == 200 and compression == "identity":
            from messages import kind

            info = kind("IdempotentUnaryResponse").FromString(answer.body).payload.request_info
            told = {item.name: list(item.value) for item in info.connect_get_info.query_params}
            found += [] if told == query else [f"the server saw the query {told} instead of {query}"]
        return found

    return check


def probes() -> Iterator[Probe]:
    def get(name: str, path: str, codec: str = "proto", check=None, headers=None, compression="identity") -> Probe:
        return Probe(name, check or seen(codec, path, compression), path, headers or [], None, "GET")

    message = encode(FIRST, "proto")
    yield get("base64-padded", spelled("proto"))
    yield get("base64-unpadded", spelled("proto", message=base64.urlsafe_b64encode(message).decode().rstrip("=")))
    yield get("json-as-text", spelled("json", base64=None, message=encode(FIRST, "json").decode()), "json")
    yield get("json-in-base64", spelled("json"), "json")
    yield get("proto-as-text", spelled("proto", base64=None, message=None) + "&message=" + urllib.parse.quote(message))
    yield get("base64-is-0", spelled("json", base64="0", message=encode(FIRST, "json").decode()), "json")
    # The protocol leaves it open; every route of ours refuses what it does not know.
    yield get("unknown-parameters", spelled("proto", also="this", zz=""), check=fails("invalid_argument", status=400))
    pieces = spelled("proto").partition("?")[2].split("&")
    yield get("other-order", IDEMPOTENT + "?" + "&".join(reversed(pieces)))
    yield get("no-version", spelled("proto", connect=None))
    yield get("other-version", spelled("proto", connect="v2"), check=fails("invalid_argument", status=400))
    packed = base64.urlsafe_b64encode(gzip.compress(message)).decode()
    yield get("gzip", spelled("proto", compression="gzip", message=packed), compression="gzip")
    yield get("identity-said", spelled("proto", compression="identity"))
    yield get("unknown-compression", spelled("proto", compression="foo"),
              check=fails("unimplemented", status=501, lists="gzip"))
    yield get("unknown-codec", spelled("proto", encoding="foo"), check=plain(415))
    yield get("no-codec", spelled("proto", encoding=None),
              check=lambda answer: [] if answer.status in (400, 415) else [f"status {answer.status}"])
    yield get("no-message", spelled("proto", message=None), check=fails("invalid_argument", status=400))
    yield get("broken-base64", spelled("proto", message="*%%%"), check=fails("invalid_argument", status=400))
    yield get("broken-message", spelled("proto", message="Cv___w"), check=fails("invalid_argument", status=400))
    yield get("broken-json", spelled("json", base64=None, message="{"), check=fails("invalid_argument", status=400))
    yield get("bad-time-out", spelled("proto"), headers=[("connect-timeout-ms", "x")],
              check=fails("invalid_argument", status=400))
    yield get("compressed-answer", spelled("proto"), headers=[("accept-encoding", "gzip")], compression="gzip")
    yield Probe("head-has-no-body", lambda answer: [] if not answer.body else ["HEAD has a body"],
                spelled("proto"), [], None, "HEAD")

"""The three protocols by hand: a call becomes bytes, and the answer's bytes become an outcome."""

import base64
import gzip
import struct
import urllib.parse
from dataclasses import dataclass, field

import rules
from messages import SERVICE, decode, encode, kind
from rules import Remarks
from transports import Answer, Headers

KINDS = {"Unary": "unary", "IdempotentUnary": "unary", "Unimplemented": "unary", "ServerStream": "server",
         "ClientStream": "client", "BidiStream": "bidi"}


@dataclass
class Call:
    method: str
    messages: list = field(default_factory=list)
    headers: Headers = field(default_factory=list)
    timeout_ms: int | None = None
    get: bool = False

    @property
    def path(self) -> str:
        return f"/{SERVICE}/{self.method}"

    @property
    def response(self) -> type:
        return kind(self.method + "Response")


@dataclass
class Outcome:
    answer: Answer
    headers: dict[str, list[str]] = field(default_factory=dict)
    messages: list = field(default_factory=list)
    error: tuple[str, str, list] | None = None
    trailers: dict[str, list[str]] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=Remarks)
    # The share by which the client rounds a time-out up.
    rounding: float = 0.0


@dataclass
class Form:
    """How a call is written."""

    codec: str = "proto"
    compression: str = "identity"

    def compress(self, data: bytes) -> bytes:
        return gzip.compress(data) if self.compression == "gzip" else data


def envelope(data: bytes, flags: int = 0) -> bytes:
    return struct.pack(">BI", flags, len(data)) + data


def envelopes(body: bytes, remarks: Remarks) -> list[tuple[int, bytes]]:
    found = []
    while body:
        if not remarks.unless(len(body) >= 5, f"{len(body)} bytes are no envelope"):
            break
        flags, length = struct.unpack(">BI", body[:5])
        if not remarks.unless(len(body) >= 5 + length, f"an envelope of {length} bytes has {len(body) - 5}"):
            break
        found.append((flags, body[5:5 + length]))
        body = body[5 + length:]
    return found


def grouped(fields: Headers) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in fields:
        groups.setdefault(name, []).append(value)
    return groups


def inflate(data: bytes, encoding: str | None, allowed: str, remarks: Remarks) -> bytes:
    """`allowed` is what the request accepts besides identity."""
    if encoding in (None, "identity"):
        return data
    remarks.unless(encoding == allowed, f"the answer is in {encoding}, which the request does not accept")
    try:
        return gzip.decompress(data) if data else data
    except (OSError, EOFError) as error:
        remarks.append(f"the answer is not in {encoding}: {error}")
        return b""


class Connect:
    name = "connect"

    def call(self, transport, call: Call, form: Form) -> Outcome:
        if KINDS[call.method] == "unary":
            return self.unary(transport, call, form)
        headers = [("content-type", f"application/connect+{form.codec}"), ("connect-protocol-version", "1")]
        headers += [("connect-timeout-ms", str(call.timeout_ms))] if call.timeout_ms is not None else []
        if form.compression != "identity":
            headers += [("connect-content-encoding", form.compression), ("connect-accept-encoding", form.compression)]
        flags = 1 if form.compression == "gzip" else 0
        body = b"".join(envelope(form.compress(encode(m, form.codec)), flags) for m in call.messages)
        return self.stream(transport.exchange("POST", call.path, headers + call.headers, body), call, form)

    def unary(self, transport, call: Call, form: Form) -> Outcome:
        headers = [("connect-timeout-ms", str(call.timeout_ms))] if call.timeout_ms is not None else []
        if form.compression != "identity":
            headers.append(("accept-encoding", form.compression))
        data = form.compress(encode(call.messages[0], form.codec))
        if call.get:
            path = f"{call.path}?{urllib.parse.urlencode(self.query(data, form))}"
            return self.single(transport.exchange("GET", path, headers + call.headers, None), call, form)
        headers += [("content-type", f"application/{form.codec}"), ("connect-protocol-version", "1")]
        if form.compression != "identity":
            headers.append(("content-encoding", form.compression))
        return self.single(transport.exchange("POST", call.path, headers + call.headers, data), call, form)

    @staticmethod
    def query(data: bytes, form: Form) -> list[tuple[str, str]]:
        query = [("connect", "v1"), ("encoding", form.codec)]
        if form.codec == "proto" or form.compression != "identity":
            query += [("base64", "1"), ("message", base64.urlsafe_b64encode(data).decode().rstrip("="))]
        else:
            query.append(("message", data.decode()))
        return query + ([("compression", form.compression)] if form.compression != "identity" else [])

    def single(self, answer: Answer, call: Call, form: Form) -> Outcome:
        outcome = Outcome(answer)
        for name, values in grouped(answer.headers).items():
            if name.startswith("trailer-"):
                outcome.trailers[name.removeprefix("trailer-")] = values
            else:
                outcome.headers[name] = values
        remarks = outcome.remarks
        remarks.unless(not answer.trailers, "there are HTTP trailers")
        body = inflate(answer.body, answer.first("content-encoding"), form.compression, remarks)
        content_type = answer.first("content-type") or ""
        if answer.status == 200:
            remarks.unless(content_type == f"application/{form.codec}", f"the content type is {content_type!r}")
            outcome.messages.append(decode(body, call.response, form.codec))
        elif remarks.unless(content_type == "application/json", f"the error's content type is {content_type!r}"):
            outcome.error = rules.connect_error(rules.parse_object(body, remarks, "the error"), remarks)
        return outcome

    def stream(self, answer: Answer, call: Call, form: Form) -> Outcome:
        outcome = Outcome(answer, grouped(answer.headers))
        remarks = outcome.remarks
        remarks.unless(not answer.trailers, "there are HTTP trailers")
        remarks.unless(answer.status == 200, f"the status is {answer.status}")
        wanted, content_type = f"application/connect+{form.codec}", answer.first("content-type") or ""
        if not remarks.unless(content_type == wanted, f"the content type is {content_type!r}"):
            return outcome
        frames, encoding = envelopes(answer.body, remarks), answer.first("connect-content-encoding")
        ends = [index for index, (flags, _) in enumerate(frames) if flags & 2]
        remarks.unless(ends == [len(frames) - 1], f"of {len(frames)} envelopes, {ends} end the stream")
        for flags, data in frames:
            remarks.unless(flags & ~3 == 0, f"an envelope has the flags {flags}")
            data = inflate(data, encoding or "nothing" if flags & 1 else None, form.compression, remarks)
            if flags & 2:
                outcome.error, outcome.trailers = rules.connect_end(data, remarks)
            else:
                outcome.messages.append(decode(data, call.response, form.codec))
        return outcome


class GRPC:
    name, media, is_web = "grpc", "application/grpc", False

    def call(self, transport, call: Call, form: Form) -> Outcome:
        headers = [("content-type", f"{self.media}+{form.codec}")]
        headers += [] if self.is_web else [("te", "trailers")]
        headers += [("grpc-timeout", f"{call.timeout_ms}m")] if call.timeout_ms is not None else []
        if form.compression != "identity":
            headers += [("grpc-encoding", form.compression), ("grpc-accept-encoding", form.compression)]
        flags = 1 if form.compression == "gzip" else 0
        body = b"".join(envelope(form.compress(encode(m, form.codec)), flags) for m in call.messages)
        return self.read(transport.exchange("POST", call.path, headers + call.headers, body), call, form)

    def read(self, answer: Answer, call: Call, form: Form, subformat: str | None = None) -> Outcome:
        outcome = Outcome(answer, grouped(answer.headers))
        remarks = outcome.remarks
        remarks.unless(answer.status == 200, f"the status is {answer.status}")
        # Once it has answered, a server may give up what is left of the request: that is no error.
        remarks.unless(answer.reset in (None, 0), f"the stream was reset: {answer.reset}")
        content_type = answer.first("content-type") or ""
        if not remarks.unless(content_type.startswith(self.media), f"the content type is {content_type!r}"):
            return outcome
        wanted = self.media + (f"+{form.codec}" if subformat is None else subformat)
        right = content_type == wanted or {content_type, wanted} == {self.media, self.media + "+proto"}
        remarks.unless(right, f"the content type is {content_type!r}")
        fields = self.trailing(answer, outcome, call, form)
        outcome.error = rules.grpc_status(fields, remarks)
        outcome.trailers = {n: v for n, v in grouped(fields).items() if not n.startswith("grpc-")}
        return outcome

    def trailing(self, answer: Answer, outcome: Outcome, call: Call, form: Form) -> Headers:
        """Takes the messages, and returns the trailers, wherever they are."""
        remarks, encoding = outcome.remarks, answer.first("grpc-encoding")
        frames, trailing = envelopes(answer.body, remarks), None
        for index, (flags, data) in enumerate(frames):
            is_end = self.is_web and flags & 0x80
            remarks.unless(flags & ~(0x81 if self.is_web else 1) == 0, f"an envelope has the flags {flags}")
            data = inflate(data, encoding or "nothing" if flags & 1 else None, form.compression, remarks)
            if is_end:
                remarks.unless(index == len(frames) - 1, "there is an envelope behind the trailers")
                trailing = rules.web_trailers(data, remarks)
            else:
                outcome.messages.append(decode(data, call.response, form.codec))
        if self.is_web:
            remarks.unless(not answer.trailers, "there are HTTP trailers")
        elif answer.trailers:
            trailing = answer.trailers
        if trailing is None:
            # Trailers only: everything is in the one block of headers.
            remarks.unless(answer.is_bare, "there are no trailers, and the head does not end the stream")
            outcome.headers = {}
            return answer.headers
        remarks.unless(answer.first("grpc-status") is None, "grpc-status is among the headers, too")
        return trailing


class GRPCWeb(GRPC):
    name, media, is_web = "grpc-web", "application/grpc-web", True

"""The form that every answer must have, whatever it answers."""

import json
import re
import socket

FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[\t\x20-\x7e\x80-\xff]*")
CODES = {"canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
         "permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented",
         "internal", "unavailable", "data_loss", "unauthenticated"}
# A status of 500 and more has to be one of these, with a name in its body.
NAMED = {"method-not-implemented", "dependency-unavailable", "overloaded", "deadline-exceeded", "store-unsafe",
         "applied-not-durable", "store-inconsistent", "account-busy", "queue-full", "too-many-watchers"}
# Codes of calls that fail and that their callers may repeat.
PASSING = {"unavailable", "deadline_exceeded"}


class Finding(Exception):
    """An answer that should not be."""


class Answer:
    def __init__(self, status: int, fields: list[tuple[str, str]], body: bytes):
        self.status, self.fields, self.body = status, fields, body

    def first(self, name: str) -> str | None:
        return next((value for key, value in self.fields if key == name), None)

    def check(self, may_fail: bool = False) -> None:
        """Refuses an answer that is not well formed, and a failure without a name; `may_fail` is while Redis lies."""
        kind = (self.first("content-type") or "").partition(";")[0]
        if kind in ("application/json", "application/problem+json"):
            try:
                value = json.loads(self.body) if self.body else {}
            except ValueError:
                raise Finding(f"{self.status} with JSON that is none: {self.body[:300]!r}") from None
            if kind == "application/problem+json" and self.body:
                self.check_problem(value)
        self.check_name(kind, may_fail)

    def check_problem(self, problem: dict) -> None:
        if not {"type", "title", "status", "request_id"} <= problem.keys():
            raise Finding(f"a problem lacks a member: {problem}")
        if problem["status"] != self.status or problem["request_id"] != self.first("x-request-id"):
            raise Finding(f"a problem contradicts its head: {problem}, {self.status}, {self.fields}")

    def check_name(self, kind: str, may_fail: bool) -> None:
        if self.status < 500 or self.status in (501, 505):
            return
        text = self.body.decode("utf-8", "replace")
        if kind == "application/problem+json":
            slug = json.loads(text)["type"].rpartition("/")[2] if text else ""
            if slug in NAMED and (slug != "store-inconsistent" or may_fail):
                return
        elif kind == "application/json":
            code = json.loads(text).get("code")
            if code in PASSING or code == "internal" and may_fail:
                return
        elif self.status == 503 and text == "failed":
            return
        raise Finding(f"a failure without a name: {self.status} {self.fields} {text[:300]!r}")


def answers(data: bytes, is_head: bool = False) -> list[Answer]:
    """All answers of a connection; refuses bytes that are none."""
    found, rest = [], data
    while rest:
        head, end, rest = rest.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        match = re.fullmatch(rb"HTTP/1\.[01] ([1-5]\d\d) [^\r\n]*", lines[0])
        if not match or not end:
            raise Finding(f"no head of an answer: {head[:300]!r}")
        for line in lines[1:]:
            if not FIELD.fullmatch(line):
                raise Finding(f"no header field: {line[:300]!r}")
        fields = [(name.decode("latin-1").lower(), value.decode("latin-1").strip())
                  for name, _, value in (line.partition(b":") for line in lines[1:])]
        answer = Answer(int(match[1]), fields, b"")
        if answer.status < 200:
            continue
        if not is_head and answer.status not in (204, 304):
            answer.body, rest = body(answer, rest)
        found.append(answer)
    return found


def body(answer: Answer, rest: bytes) -> tuple[bytes, bytes]:
    length, coding = answer.first("content-length"), answer.first("transfer-encoding")
    if (length is None) == (coding is None):
        if length is None and answer.first("connection") == "close":
            return rest, b""
        raise Finding(f"an answer framed in no way, or in two: {answer.fields}")
    if length is not None:
        if len(rest) < int(length):
            raise Finding(f"an answer of {length} bytes ends after {len(rest)}: {answer.status}")
        return rest[:int(length)], rest[int(length):]
    whole = b""
    while True:
        size, end, rest = rest.partition(b"\r\n")
        if not end:
            raise Finding("a chunked answer without its end")
        count = int(size.split(b";")[0], 16)
        if count == 0:
            trailers, end, rest = (b"\r\n" + rest).partition(b"\r\n\r\n")
            return whole, rest
        whole, rest = whole + rest[:count], rest[count + 2:]


def exchange(port: int, data: bytes, ends: bool = True, patience: float = 8) -> bytes:
    """Sends bytes and reads until the other side has ended."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        try:
            connection.sendall(data)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except (BrokenPipeError, ConnectionResetError):
            # A client that is refused while it sends on may lose the answer.
            return b""
        except TimeoutError:
            raise Finding(f"no end of the connection after {patience} s; so far {received[:200]!r}") from None
    return received


def call(port: int, method: str, path: str, fields: dict[str, str], content: bytes = b"") -> Answer:
    """One whole request and its answer."""
    lines = [f"{method} {path} HTTP/1.1", "Host: fuzz", "Connection: close", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    found = answers(exchange(port, "\r\n".join(lines).encode() + b"\r\n\r\n" + content, ends=False))
    if len(found) != 1:
        raise Finding(f"{len(found)} answers to one request")
    return found[0]

"""The form that every answer has on the wire, whatever it says; a deviation is a remark."""

import base64
import binascii
import json
import re
import urllib.parse

from google.protobuf import descriptor_pool

from messages import CODES, Status, json_format, kind

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
TYPE_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Remarks(list):
    def unless(self, is_right: bool, text: str) -> bool:
        if not is_right:
            self.append(text)
        return is_right


def unpadded(text: str, remarks: Remarks, what: str) -> bytes:
    """Base64 as servers write it."""
    remarks.unless("=" not in text, f"{what} has padding")
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except binascii.Error as error:
        remarks.append(f"{what} is no base64: {error}")
        return b""


def parse_object(data: bytes, remarks: Remarks, what: str) -> dict:
    def pairs(items):
        names = [name for name, _ in items]
        remarks.unless(len(names) == len(set(names)), f"{what} has a key twice: {names}")
        return dict(items)

    try:
        value = json.loads(data, object_pairs_hook=pairs)
    except ValueError as error:
        remarks.append(f"{what} is no JSON: {error}: {data[:80]!r}")
        return {}
    return value if remarks.unless(isinstance(value, dict), f"{what} is no object") else {}


def connect_error(value, remarks: Remarks) -> tuple[str, str, list]:
    """Code, message and details of a Connect error."""
    if not remarks.unless(isinstance(value, dict), "the error is no object"):
        return ("", "", [])
    remarks.unless(set(value) <= {"code", "message", "details"}, f"the error has other keys: {sorted(value)}")
    remarks.unless(value.get("code") in CODES, f"the error's code is none: {value.get('code')!r}")
    remarks.unless(isinstance(value.get("message", ""), str), "the error's message is no string")
    remarks.unless(isinstance(value.get("details", []), list), "the error's details are no list")
    details = [connect_detail(detail, remarks) for detail in value.get("details", [])]
    return (value.get("code", ""), value.get("message", ""), details)


def connect_detail(detail: dict, remarks: Remarks) -> tuple[str, bytes]:
    remarks.unless(set(detail) <= {"type", "value", "debug"}, f"a detail has other keys: {sorted(detail)}")
    name, value = detail.get("type", ""), detail.get("value")
    remarks.unless(bool(TYPE_NAME.fullmatch(name)), f"a detail's type is none: {name!r}")
    if not remarks.unless(isinstance(value, str), "a detail has no value"):
        return (name, b"")
    data = unpadded(value, remarks, "a detail's value")
    if "debug" in detail:
        try:
            descriptor_pool.Default().FindMessageTypeByName(name)
            same = json_format.ParseDict(detail["debug"], kind(name)()) == kind(name).FromString(data)
            remarks.unless(same, "a detail's debug is another message")
        except (KeyError, json_format.ParseError) as error:
            remarks.append(f"a detail's debug cannot be read: {error}")
    return (name, data)


def connect_end(data: bytes, remarks: Remarks) -> tuple[tuple | None, dict[str, list[str]]]:
    """The error, when there is one, and the trailers of a stream's last message."""
    end = parse_object(data, remarks, "the end of the stream")
    remarks.unless(set(end) <= {"error", "metadata"}, f"the end of the stream has other keys: {sorted(end)}")
    metadata = end.get("metadata", {})
    trailers: dict[str, list[str]] = {}
    for name, values in metadata.items() if isinstance(metadata, dict) else []:
        remarks.unless(bool(TOKEN.fullmatch(name)), f"metadata has no name: {name!r}")
        right = isinstance(values, list) and all(isinstance(v, str) and VALUE.fullmatch(v) for v in values)
        if remarks.unless(right, f"metadata {name} is no list of values: {values!r}"):
            trailers.setdefault(name.lower(), []).extend(values)
    return (connect_error(end["error"], remarks) if "error" in end else None, trailers)


def web_trailers(data: bytes, remarks: Remarks) -> list[tuple[str, str]]:
    """The trailers that gRPC-Web writes into the body."""
    text = data.decode("latin-1")
    remarks.unless(text.endswith("\r\n"), "the trailers do not end with CRLF")
    lines = text.removesuffix("\r\n").split("\r\n")
    remarks.unless("\n" not in "".join(lines) and "\r" not in "".join(lines), "the trailers have a bare CR or LF")
    fields = []
    for line in lines:
        if remarks.unless(bool(line) and line[0] not in " \t", f"the trailers have an empty or folded line {line!r}"):
            name, colon, value = line.partition(":")
            remarks.unless(colon == ":" and bool(TOKEN.fullmatch(name)), f"the trailers have no field in {line!r}")
            remarks.unless(name == name.lower(), f"trailer {name!r} is not in lower case")
            remarks.unless(bool(VALUE.fullmatch(value)), f"trailer {name!r} has bytes that no field may have")
            fields.append((name.lower(), value.strip(" \t")))
    return fields


def grpc_status(fields: list[tuple[str, str]], remarks: Remarks) -> tuple[str, str, list] | None:
    """The error that the trailers of gRPC tell of."""
    values = {name: [v for n, v in fields if n == name] for name in ("grpc-status", "grpc-message", DETAILS)}
    for name, found in values.items():
        remarks.unless(len(found) <= 1, f"{name} is there {len(found)} times")
    if not remarks.unless(len(values["grpc-status"]) == 1, "there is no grpc-status"):
        return None
    text = values["grpc-status"][0]
    if not remarks.unless(text.isdigit() and int(text) <= 16, f"grpc-status is {text!r}"):
        return None
    number = int(text)
    raw = next(iter(values["grpc-message"]), "")
    remarks.unless(bool(re.fullmatch(r"([\x20-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*", raw)), f"grpc-message is {raw!r}")
    message = urllib.parse.unquote(raw)
    if number == 0:
        remarks.unless(message == "", "there is a grpc-message without an error")
        remarks.unless(not values[DETAILS], "there are details without an error")
        return None
    details = []
    if values[DETAILS]:
        status = Status.FromString(unpadded(values[DETAILS][0], remarks, DETAILS))
        remarks.unless(status.code == number, f"{DETAILS} says code {status.code}, grpc-status {number}")
        remarks.unless(status.message == message, f"{DETAILS} says {status.message!r}, grpc-message {message!r}")
        details = [(detail.type_url.rpartition("/")[2], detail.value) for detail in status.details]
    return (CODES[number - 1], message, details)


DETAILS = "grpc-status-details-bin"

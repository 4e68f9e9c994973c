"""The answer that a call has to get, and whether it does."""

from dataclasses import dataclass, field

from messages import CODES, RequestInfo, TYPE_PREFIX, any_pb2, code_number, headers_of, kind, pack
from protocols import KINDS, Call, Connect, Form, Outcome, encode, grouped

DATA = b"test response"
# The form in which a request's headers have to arrive.
SENT = [("x-conformance-test", "Value1"), ("x-conformance-test", "Value2")]
TIMEOUT_SLACK_MS = 250


@dataclass
class Expected:
    headers: dict[str, list[str]] = field(default_factory=dict)
    trailers: dict[str, list[str]] = field(default_factory=dict)
    data: list[bytes] = field(default_factory=list)
    # Any of these codes; none is success.
    codes: set[str] = field(default_factory=set)
    message: str | None = None
    # As `google.protobuf.Any`; None is whatever there is.
    details: list[any_pb2.Any] | None = None
    # The first message, or the last detail, tells of the request.
    has_info: bool = False
    status: set[int] = field(default_factory=set)
    # Names that no header and no trailer may have.
    absent: set[str] = field(default_factory=set)


def failing(*codes: str, status: int | None = None) -> Expected:
    """An error of the runtime's own making, whose words are its own."""
    return Expected(codes=set(codes), status={status} if status else set())


def error(code: str, message: str | None = None, details: list | None = None):
    definition = kind("Error")(code=code_number(code), details=[pack(detail) for detail in details or []])
    if message is not None:
        definition.message = message
    return definition


def request(method: str, headers=None, trailers=None, data=None, fails=None, delay_ms=0, **fields):
    """A request that asks for an answer; without data and error there is a definition all the same."""
    is_stream = KINDS[method] in ("server", "bidi")
    definition = kind("StreamResponseDefinition" if is_stream else "UnaryResponseDefinition")(
        response_headers=headers_of(headers), response_trailers=headers_of(trailers), response_delay_ms=delay_ms
    )
    if is_stream:
        definition.response_data.extend(data or [])
    elif data is not None:
        definition.response_data = data
    if fails is not None:
        definition.error.CopyFrom(fails)
    return kind(method + "Request")(response_definition=definition, **fields)


def pairs(headers) -> dict[str, list[str]]:
    return {header.name.lower(): list(header.value) for header in headers}


def expect(call: Call) -> Expected:
    """The service's answer, as the first request's own words ask for it."""
    definition = call.messages[0].response_definition if call.messages else None
    if definition is None or not call.messages[0].HasField("response_definition"):
        is_single = KINDS[call.method] in ("unary", "client")
        return Expected(data=[b""] if is_single else [], has_info=is_single)
    expected = Expected(pairs(definition.response_headers), pairs(definition.response_trailers))
    if KINDS[call.method] in ("unary", "client"):
        expected.has_info = True
        expected.data = [] if definition.HasField("error") else [definition.response_data]
    else:
        expected.data = list(definition.response_data)
        expected.has_info = bool(expected.data) or definition.HasField("error")
    if definition.HasField("error"):
        expected.codes = {CODES[definition.error.code - 1]}
        expected.message = definition.error.message
        expected.details = list(definition.error.details)
    return expected


def normal(values: list[str]) -> list[str]:
    """Several fields of one name are one with commas."""
    return [part.strip() for value in values for part in value.split(",")]


def faults(outcome: Outcome, call: Call, form: Form, expected: Expected) -> list[str]:
    """Everything in which the outcome is not as expected."""
    found = list(outcome.remarks)
    code = outcome.error[0] if outcome.error else None
    if code not in (expected.codes or {None}):
        said = f"{code} {outcome.error[1]!r}" if code else f"{len(outcome.messages)} messages and no error"
        found.append(f"{said} instead of {' or '.join(sorted(expected.codes)) or 'success'}")
    if expected.status and outcome.answer.status not in expected.status:
        found.append(f"status {outcome.answer.status} instead of {sorted(expected.status)}")
    if expected.message is not None and outcome.error and outcome.error[1] != expected.message:
        found.append(f"message {outcome.error[1]!r} instead of {expected.message!r}")
    found += [f"there is a field {name}" for name in expected.absent & {*outcome.headers, *outcome.trailers}]
    if expected.codes and not expected.data and KINDS[call.method] in ("unary", "client"):
        # An answer that is an error may have one bag for both, which a client shows as either, or as both.
        for name, values in (expected.headers | expected.trailers).items():
            bags = [outcome.headers.get(name, []), outcome.trailers.get(name, [])]
            if sorted(normal(values)) not in (sorted(normal(bag)) for bag in bags):
                found.append(f"metadata {name} is {bags} instead of {values}")
    else:
        found += metadata("header", outcome.headers, expected.headers)
        found += metadata("trailer", outcome.trailers, expected.trailers)
    return found + payloads(outcome, call, form, expected)


def metadata(what: str, actual: dict[str, list[str]], expected: dict[str, list[str]]) -> list[str]:
    return [f"{what} {name} is {actual.get(name)} instead of {values}" for name, values in expected.items()
            if sorted(normal(actual.get(name, []))) != sorted(normal(values))]


def payloads(outcome: Outcome, call: Call, form: Form, expected: Expected) -> list[str]:
    actual = [message.payload.data for message in outcome.messages]
    if actual != expected.data:
        return [f"{len(actual)} messages instead of {len(expected.data)}, or others"]
    found, info = [], None
    if expected.has_info and expected.data:
        info = outcome.messages[0].payload.request_info
        if any(message.payload.HasField("request_info") for message in outcome.messages[1:]):
            found.append("a later message tells of the request, too")
    if expected.details is not None and outcome.error:
        details = [any_pb2.Any(type_url=TYPE_PREFIX + name, value=data) for name, data in outcome.error[2]]
        if expected.has_info and not expected.data:
            last = details.pop() if details else any_pb2.Any()
            if not last.type_url.endswith(RequestInfo.DESCRIPTOR.full_name):
                return found + [f"the last detail is {last.type_url!r}, not the request's"]
            info = RequestInfo.FromString(last.value)
        if details != expected.details:
            found.append(f"the details are {details} instead of {expected.details}")
    return found + (information(info, call, form, outcome.rounding) if info is not None else [])


def information(info, call: Call, form: Form, rounding: float) -> list[str]:
    """Whether the server saw the request as it was sent."""
    found = metadata("request header", pairs(info.request_headers), grouped(call.headers))
    sent = [pack(message) for message in call.messages]
    if [(a.type_url, kind(call.method + "Request").FromString(a.value)) for a in info.requests] != \
            [(a.type_url, kind(call.method + "Request").FromString(a.value)) for a in sent]:
        found.append(f"the server saw {len(info.requests)} requests and {len(sent)} were sent, or others")
    if call.timeout_ms is None:
        if info.HasField("timeout_ms"):
            found.append(f"the server saw a time-out of {info.timeout_ms} ms and there is none")
    elif not call.timeout_ms - TIMEOUT_SLACK_MS <= info.timeout_ms <= call.timeout_ms * (1 + rounding):
        found.append(f"the server saw a time-out of {info.timeout_ms} ms instead of {call.timeout_ms}")
    if call.get != info.HasField("connect_get_info"):
        found.append(f"the server saw a GET: {info.HasField('connect_get_info')}")
    if call.get:
        query = dict(Connect.query(form.compress(encode(call.messages[0], form.codec)), form))
        seen = {name: values[0] for name, values in pairs(info.connect_get_info.query_params).items()}
        if form.compression != "identity":
            query["message"] = seen.get("message", "")  # gzip writes the time.
        if seen != query:
            found.append(f"the server saw the query {seen} instead of {query}")
    return found

"""The cases that every protocol has: each is a name, a call and, where the call does not say it, what is expected."""

from collections.abc import Iterator

from messages import CODES, Header, kind
from model import DATA, SENT, Expected, error, expect, failing, request
from protocols import Call

Case = tuple[str, Call, Expected]
LIMIT = 200 * 1024
SINGLE = {"x-custom-header": ["foo"]}, {"x-custom-trailer": ["bing"]}
SEVERAL = {"x-custom-header": ["foo", "bar", "baz"]}, {"x-custom-trailer": ["bing", "quux"]}
METHODS = {"unary": "Unary", "server-stream": "ServerStream", "client-stream": "ClientStream"}
WORDS = "\n white space\t\r\nhigh ☺ and higher 😈, 50 % and \"quotes\" \x7f\n"


def case(name: str, call: Call, expected: Expected | None = None) -> Case:
    return (name, call, expected or expect(call))


def data_for(method: str):
    return [DATA, DATA] if method == "ServerStream" else DATA


def more(method: str) -> list:
    """The requests of a stream behind its first one."""
    return [kind("ClientStreamRequest")(request_data=DATA)] if method == "ClientStream" else []


def basic() -> Iterator[Case]:
    for name, method in METHODS.items():
        first = request(method, *SINGLE, data=data_for(method))
        yield case(f"basic/{name}/success", Call(method, [first, *more(method)], SENT))
        yield case(f"basic/{name}/empty-request", Call(method, [kind(method + "Request")()], SENT))
        yield case(f"basic/{name}/no-data", Call(method, [request(method, *SINGLE)], SENT))
    yield case("basic/client-stream/no-requests", Call("ClientStream", [], SENT))
    unimplemented = Call("Unimplemented", [kind("UnimplementedRequest")()])
    yield case("basic/unimplemented", unimplemented, failing("unimplemented"))


def metadata() -> Iterator[Case]:
    for name, method in METHODS.items():
        for title, form in {
            "success": {"data": data_for(method)},
            "error": {"fails": error("internal", "it failed")},
            "error-with-responses": {"data": [DATA, DATA], "fails": error("internal", "it failed")},
        }.items():
            if title != "error-with-responses" or method == "ServerStream":
                first = request(method, *SEVERAL, **form)
                yield case(f"metadata/{name}/{title}", Call(method, [first, *more(method)], SENT))
        odd = {"x-odd": ["a,b", "c  d", "!#$%&'*+.^_`|~"], "x-data-bin": ["AP8", "//79"]}
        sent = [("x-data-bin", "AAEC"), ("x-data-bin", "/w"), ("x-empty", "")]
        first = request(method, odd, {f"{key}-late" if key == "x-odd" else "x-late-bin": v for key, v in odd.items()},
                        data=data_for(method))
        yield case(f"metadata/{name}/binary-and-odd", Call(method, [first], sent))
        yield from hostile(name, method)


def hostile(name: str, method: str) -> Iterator[Case]:
    """The fields that a handler may not set: the runtime's own fields, and more fields in the value of one."""
    own = {"content-type": ["text/plain"], "content-length": ["3"], "content-encoding": ["br"], "grpc-status": ["5"],
           "grpc-encoding": ["br"], "connect-content-encoding": ["br"], "transfer-encoding": ["chunked"]}
    late = {"grpc-status": ["7"], "grpc-message": ["no"], "grpc-status-details-bin": ["CAc"]}
    first = request(method, own | SINGLE[0], late | SINGLE[1], data=data_for(method))
    expected = expect(Call(method, [request(method, *SINGLE, data=data_for(method))]))
    yield case(f"metadata/{name}/reserved", Call(method, [first]), expected)
    lines = request(method, {"x-a": ["1\r\nx-evil: 1"]}, {"x-b": ["1\r\ngrpc-status: 9\r\nx-evil: 1"]},
                    data=data_for(method))
    expected = Expected(data=expect(Call(method, [lines])).data, has_info=True, absent={"x-evil"})
    yield case(f"metadata/{name}/line-breaks", Call(method, [lines]), expected)


def errors() -> Iterator[Case]:
    details = [Header(name="one", value=["1"]), kind("google.rpc.RetryInfo")(), Header()]
    details[1].retry_delay.seconds = 3
    for name, method in METHODS.items():
        for code in CODES:
            yield case(f"errors/{name}/{code}", Call(method, [request(method, fails=error(code, f"it is {code}"))]))
        for title, fails in {
            "no-message": error("not_found"),
            "details": error("resource_exhausted", "too many", details),
            "words": error("internal", WORDS),
        }.items():
            yield case(f"errors/{name}/{title}", Call(method, [request(method, fails=fails)], SENT))
        first = request(method, *SINGLE, fails=error("unauthenticated", "who are you", details[:1]))
        yield case(f"errors/{name}/metadata", Call(method, [first, *more(method)]))
    for count in (1, 2, 20):
        first = request("ServerStream", *SINGLE, data=[DATA] * count, fails=error("aborted", WORDS, details))
        yield case(f"errors/server-stream/after-{count}", Call("ServerStream", [first], SENT))


def timeouts() -> Iterator[Case]:
    for name, method in METHODS.items():
        late = request(method, data=data_for(method), delay_ms=1500)
        expected = failing("deadline_exceeded")
        yield case(f"timeouts/{name}/expires", Call(method, [late], timeout_ms=200), expected)
        first = request(method, data=data_for(method))
        yield case(f"timeouts/{name}/propagates", Call(method, [first, *more(method)], timeout_ms=2000))
        yield case(f"timeouts/{name}/long", Call(method, [first], timeout_ms=99_999_999))
    half = request("ServerStream", data=[DATA, DATA, DATA], delay_ms=600)
    call = Call("ServerStream", [half], timeout_ms=1000)
    yield case("timeouts/server-stream/expires-after-one", call, Expected(codes={"deadline_exceeded"}, data=[DATA]))


def padded(method: str, size: int, first=None):
    """A request of just so many bytes."""
    message = first or request(method, data=data_for(method))
    message.request_data = b"\0" * size
    message.request_data = b"\0" * (2 * size - message.ByteSize())
    if message.ByteSize() != size:
        raise AssertionError(f"{message.ByteSize()} bytes instead of {size}")
    return message


def limits() -> Iterator[Case]:
    """In proto only: in JSON the same message has another size."""
    for name, method in METHODS.items():
        yield case(f"limits/{name}/equal", Call(method, [padded(method, LIMIT)]))
        yield case(f"limits/{name}/ten-more", Call(method, [padded(method, LIMIT + 10)]), failing("resource_exhausted"))
        bomb = Call(method, [padded(method, 20 * LIMIT)])
        yield case(f"limits/{name}/twenty-times", bomb, failing("resource_exhausted"))
    second = padded("ClientStream", LIMIT, kind("ClientStreamRequest")())
    both = [padded("ClientStream", LIMIT), second]
    yield case("limits/client-stream/both-equal", Call("ClientStream", both))
    late = [request("ClientStream", data=DATA), padded("ClientStream", LIMIT + 10, kind("ClientStreamRequest")())]
    yield case("limits/client-stream/second-more", Call("ClientStream", late), failing("resource_exhausted"))


def large() -> Iterator[Case]:
    """Answers that need many frames; the request stays within its limit."""
    for name, method in METHODS.items():
        data = [bytes(range(256)) * 150] * 3 if method == "ServerStream" else bytes(range(256)) * 450
        yield case(f"large/{name}", Call(method, [request(method, data=data)]))
    many = request("ServerStream", data=[b"%d" % n for n in range(600)])
    yield case("large/server-stream/many", Call("ServerStream", [many]))


def all_suites(codec: str) -> Iterator[Case]:
    for suite in (basic, metadata, errors, timeouts, large):
        yield from suite()
    if codec == "proto":
        yield from limits()

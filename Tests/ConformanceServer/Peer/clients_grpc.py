"""grpcio, gRPC's own client: calls of every kind, and the services that every gRPC server has."""

import base64
import concurrent.futures
import threading
import time
from collections.abc import Iterator

import grpc
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from launcher import Launcher, Report
from messages import SERVICE, Status, any_pb2, descriptor_pb2, kind, pack
from model import DATA, SENT, Expected, error, expect, failing, faults, request
from protocols import Call, Form, KINDS, Outcome, grouped
from suites import LIMIT, all_suites
from transports import Answer

WAYS = {"unary": "unary_unary", "server": "unary_stream", "client": "stream_unary", "bidi": "stream_stream"}


class Client:
    def __init__(self, port: int, compression: str = "identity"):
        options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", 64 << 20)]
        gzip = grpc.Compression.Gzip if compression == "gzip" else grpc.Compression.NoCompression
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options, gzip)

    def method(self, call: Call):
        """As a generated stub has it."""
        build = getattr(self.channel, WAYS[KINDS[call.method]])
        return build(call.path, lambda message: message.SerializeToString(), call.response.FromString)

    def call(self, call: Call, requests=None) -> Outcome:
        sends_one = KINDS[call.method] in ("unary", "server")
        argument = call.messages[0] if sends_one else iter(call.messages if requests is None else requests)
        metadata = [(name, binary(value) if name.endswith("-bin") else value) for name, value in call.headers]
        timeout = call.timeout_ms / 1000 if call.timeout_ms is not None else None
        way = self.method(call)
        outcome = Outcome(Answer(status=200), rounding=0.01)
        try:
            if KINDS[call.method] in ("unary", "client"):
                message, done = way.with_call(argument, timeout=timeout, metadata=metadata)
                outcome.messages.append(message)
            else:
                done = way(argument, timeout=timeout, metadata=metadata)
                outcome.messages.extend(message for message in self.reading(done, outcome))
        except grpc.RpcError as failure:
            done = failure
            outcome.error = (failure.code().name.lower(), failure.details(), details_of(failure))
            if outcome.error[0] == "cancelled":
                outcome.error = ("canceled", *outcome.error[1:])
        outcome.headers = texts(done.initial_metadata())
        outcome.trailers = texts(done.trailing_metadata())
        return outcome

    @staticmethod
    def reading(stream, outcome: Outcome) -> Iterator:
        """Keeps what came before an error."""
        try:
            yield from stream
        except grpc.RpcError as failure:
            code = failure.code().name.lower().replace("cancelled", "canceled")
            outcome.error = (code, failure.details(), details_of(failure))


def binary(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def texts(metadata) -> dict[str, list[str]]:
    return grouped([(name, base64.b64encode(value).decode().rstrip("=") if isinstance(value, bytes) else value)
                    for name, value in metadata or []])


def details_of(failure) -> list[tuple[str, bytes]]:
    for name, value in failure.trailing_metadata() or []:
        if name == "grpc-status-details-bin":
            return [(detail.type_url.rpartition("/")[2], detail.value) for detail in Status.FromString(value).details]
    return []


def run(launcher: Launcher, report: Report) -> None:
    with launcher.server("grpc", 2, LIMIT) as port:
        for compression in ("identity", "gzip"):
            client, form = Client(port, compression), Form("proto", compression)
            for name, call, expected in all_suites("proto"):
                def one(call=call, expected=expected) -> list[str]:
                    return faults(client.call(call), call, form, expected)

                report.case(f"grpcio/{compression}/{name}", one)
            for name, call, expected in conversations():
                def talk(call=call, expected=expected) -> list[str]:
                    found = faults(client.call(call), call, form, expected)
                    # In full duplex each answer tells of the request before it.
                    return [fault for fault in found if "a later message" not in fault and "requests and" not in fault]

                report.case(f"grpcio/{compression}/bidi/{name}", talk)
            client.channel.close()
        report.case("grpcio/unknown-service", lambda: unknown_service(Client(port)))
        report.case("grpcio/full-duplex", lambda: full_duplex(Client(port)))
        report.case("grpcio/200-calls-at-once", lambda: at_once(Client(port)))
        report.case("grpcio/cancel-ends-the-call", lambda: cancels(Client(port)))
        report.case("grpcio/60-streams-on-one-connection", lambda: many_streams(Client(port)))


def unknown_service(client: Client) -> list[str]:
    """A status of HTTP about a path becomes a code."""
    way = client.channel.unary_unary("/no.such.Service/Unary", None, None)
    try:
        way(b"", timeout=5)
    except grpc.RpcError as failure:
        return [] if failure.code() is grpc.StatusCode.UNIMPLEMENTED else [f"code {failure.code()}"]
    finally:
        client.channel.close()
    return ["an unknown service answers"]


def conversations() -> Iterator[tuple[str, Call, Expected]]:
    more = [kind("BidiStreamRequest")(request_data=DATA)] * 2
    headers, trailers = {"x-custom-header": ["foo", "bar"]}, {"x-custom-trailer": ["bing"]}
    for title, is_full in {"half": False, "full": True}.items():
        for name, form in {
            "success": {"data": [b"1", b"2", b"3"]},
            "more-answers": {"data": [b"%d" % number for number in range(9)]},
            "error-behind": {"data": [b"1", b"2", b"3"], "fails": error("aborted", "no more")},
            "error-at-once": {"fails": error("aborted", "none")},
        }.items():
            call = Call("BidiStream", [request("BidiStream", headers, trailers, full_duplex=is_full, **form), *more],
                        SENT)
            yield (f"{title}/{name}", call, expect(call))
    yield ("no-requests", Call("BidiStream"), Expected())
    late = request("BidiStream", data=[DATA], delay_ms=1500, full_duplex=True)
    yield ("expires", Call("BidiStream", [late], timeout_ms=200), failing("deadline_exceeded"))


def full_duplex(client: Client) -> list[str]:
    """Each answer is there before the next request is sent."""
    turn, found = threading.Semaphore(1), []
    first = request("BidiStream", data=[b"1", b"2", b"3"], full_duplex=True)

    def requests():
        for message in (first, *[kind("BidiStreamRequest")(request_data=DATA)] * 2):
            if not turn.acquire(timeout=5):
                found.append("the answer waits for the next request")
            yield message

    call = Call("BidiStream", [first])
    for message in client.method(call)(requests(), timeout=20):
        if len(message.payload.request_info.requests) != 1:
            found.append(f"an answer tells of {len(message.payload.request_info.requests)} requests")
        turn.release()
    client.channel.close()
    return found


def at_once(client: Client) -> list[str]:
    """Many calls share a connection, and none gets another's answer."""
    def one(number: int) -> list[str]:
        data = b"%d" % number * 1000
        call = Call("Unary", [request("Unary", data=data, delay_ms=number % 50)])
        return faults(client.call(call), call, Form(), expect(call))

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        found = [fault for faults in pool.map(one, range(200)) for fault in faults]
    client.channel.close()
    return found


def many_streams(client: Client) -> list[str]:
    """Large answers side by side: no stream takes the whole window from the others."""
    def one(number: int) -> list[str]:
        call = Call("ServerStream", [request("ServerStream", data=[bytes([number]) * 40_000] * 5)])
        return faults(client.call(call), call, Form(), expect(call))

    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        found = [fault for faults in pool.map(one, range(60)) for fault in faults]
    client.channel.close()
    return found


def cancels(client: Client) -> list[str]:
    call = Call("ServerStream", [request("ServerStream", data=[DATA] * 100, delay_ms=100)])
    stream = client.method(call)(call.messages[0])
    next(stream)
    start = time.monotonic()
    stream.cancel()
    found = [] if stream.code() is grpc.StatusCode.CANCELLED else [f"code {stream.code()}"]
    again = Call("Unary", [request("Unary", data=DATA)])
    found += faults(client.call(again), again, Form(), expect(again))
    if time.monotonic() - start > 5:
        found.append("the connection was held up")
    client.channel.close()
    return found


def services(launcher: Launcher, report: Report) -> None:
    with launcher.server("grpc", 2) as port:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            for name in ("", SERVICE):
                report.case(f"services/health/check/{name or 'all'}", lambda name=name: health(channel, name))
            report.case("services/health/unknown", lambda: unknown_health(channel))
            report.case("services/health/watch", lambda: watch(channel))
            for version in ("v1", "v1alpha"):
                for name, run in REFLECTIONS.items():
                    report.case(f"services/reflection/{version}/{name}", lambda: run(Reflection(channel, version)))


def health_method(channel, name: str, way: str):
    return getattr(channel, way)(f"/grpc.health.v1.Health/{name}", health_pb2.HealthCheckRequest.SerializeToString,
                                 health_pb2.HealthCheckResponse.FromString)


def health(channel, name: str) -> list[str]:
    answer = health_method(channel, "Check", "unary_unary")(health_pb2.HealthCheckRequest(service=name), timeout=5)
    return [] if answer.status == health_pb2.HealthCheckResponse.SERVING else [f"status {answer.status}"]


def unknown_health(channel) -> list[str]:
    try:
        health_method(channel, "Check", "unary_unary")(health_pb2.HealthCheckRequest(service="no.Such"), timeout=5)
    except grpc.RpcError as failure:
        return [] if failure.code() is grpc.StatusCode.NOT_FOUND else [f"code {failure.code()}"]
    return ["an unknown service is healthy"]


def watch(channel) -> list[str]:
    stream = health_method(channel, "Watch", "unary_stream")(health_pb2.HealthCheckRequest(), timeout=5)
    status = next(stream).status
    stream.cancel()
    return [] if status == health_pb2.HealthCheckResponse.SERVING else [f"status {status}"]


class Reflection:
    """Both versions have the same messages under other names."""

    def __init__(self, channel, version: str):
        self.method = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )

    def ask(self, *requests: dict) -> list:
        wanted = [reflection_pb2.ServerReflectionRequest(**fields) for fields in requests]
        answers = list(self.method(iter(wanted), timeout=5))
        if [answer.original_request for answer in answers] != wanted:
            raise AssertionError("the answers are not to the requests")
        return answers


def lists(reflection: Reflection) -> list[str]:
    names = {service.name for service in reflection.ask({"list_services": "*"})[0].list_services_response.service}
    missing = {SERVICE, "grpc.health.v1.Health"} - names
    return [f"it does not list {missing}"] if missing else []


def finds(fields: dict, symbol: str):
    def run(reflection: Reflection) -> list[str]:
        files = reflection.ask(fields)[0].file_descriptor_response.file_descriptor_proto
        parsed = [descriptor_pb2.FileDescriptorProto.FromString(data) for data in files]
        names = {f"{file.package}.{item.name}" for file in parsed for item in (*file.service, *file.message_type)}
        return [] if symbol in names else [f"no {symbol} in {sorted(names)}"]

    return run


def knows_not(fields: dict):
    def run(reflection: Reflection) -> list[str]:
        code = reflection.ask(fields)[0].error_response.error_code
        return [] if code == 5 else [f"error code {code} instead of 5"]

    return run


def converses(reflection: Reflection) -> list[str]:
    wanted = {"file_containing_symbol": SERVICE}, {"list_services": ""}, {"file_containing_symbol": "no.Such"}
    answers = reflection.ask(*wanted)
    kinds = [answer.WhichOneof("message_response") for answer in answers]
    right = ["file_descriptor_response", "list_services_response", "error_response"]
    return [] if kinds == right else [f"the answers are {kinds}"]


FILE = "connectrpc/conformance/v1/conformance.proto"
REFLECTIONS = {
    "list": lists,
    "service": finds({"file_containing_symbol": SERVICE}, SERVICE),
    "method": finds({"file_containing_symbol": SERVICE + ".Unary"}, SERVICE),
    "message": finds({"file_containing_symbol": "connectrpc.conformance.v1.ConformancePayload.RequestInfo"}, SERVICE),
    "file": finds({"file_by_filename": FILE}, SERVICE),
    "imported-file": finds({"file_by_filename": "google/protobuf/any.proto"}, "google.protobuf.Any"),
    "health": finds({"file_containing_symbol": "grpc.health.v1.Health"}, "grpc.health.v1.Health"),
    "unknown-symbol": knows_not({"file_containing_symbol": "no.Such"}),
    "unknown-file": knows_not({"file_by_filename": "no/such.proto"}),
    "conversation": converses,
}

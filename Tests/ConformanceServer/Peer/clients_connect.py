"""connectrpc, the Python client of the Connect project: all three protocols."""

import concurrent.futures
import dataclasses
import threading
from collections.abc import Iterator

from connectrpc.client import ConnectClientSync, ResponseMetadata
from connectrpc.code import Code
from connectrpc.compat import google_protobuf_codecs
from connectrpc.compression.gzip import GzipCompression
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.protocol import ProtocolType
from connectrpc.request import Headers
from pyqwest import HTTPVersion, SyncClient, SyncHTTPTransport

import clients_grpc
from launcher import Launcher, Report
from messages import SERVICE, kind
from model import DATA, expect, faults, request
from probes_get import calls as get_calls
from protocols import KINDS, Call, Form, Outcome, grouped
from suites import LIMIT, all_suites
from transports import Answer

STREAMS = {"unary": StreamType.UNARY, "server": StreamType.SERVER_STREAM, "client": StreamType.CLIENT_STREAM,
           "bidi": StreamType.BIDI_STREAM}
TYPES = {"connect": ProtocolType.CONNECT, "grpc": ProtocolType.GRPC, "grpc-web": ProtocolType.GRPC_WEB}


class Client:
    def __init__(self, port: int, protocol: str, form: Form, version: int):
        gzip = [GzipCompression()] if form.compression == "gzip" else []
        codec = next(codec for codec in google_protobuf_codecs() if codec.name() == form.codec)
        transport = SyncHTTPTransport(http_version=HTTPVersion.HTTP1 if version == 1 else HTTPVersion.HTTP2)
        self.protocol = protocol
        self.client = ConnectClientSync(
            f"http://127.0.0.1:{port}", codec=codec, protocol=TYPES[protocol], accept_compression=gzip,
            send_compression=gzip[0] if gzip else None, http_client=SyncClient(transport),
        )

    @staticmethod
    def method(name: str) -> MethodInfo:
        level = IdempotencyLevel.NO_SIDE_EFFECTS if name == "IdempotentUnary" else IdempotencyLevel.UNKNOWN
        return MethodInfo(name=name, service_name=SERVICE, input=kind(name + "Request"), output=kind(name + "Response"),
                          idempotency_level=level, stream_type=STREAMS[KINDS[name]])

    def call(self, call: Call, requests=None) -> Outcome:
        headers = Headers()
        for name, value in call.headers:
            headers.add(name, value)
        common = {"method": self.method(call.method), "headers": headers, "timeout_ms": call.timeout_ms}
        outcome = Outcome(Answer(status=200))
        with ResponseMetadata() as metadata:
            try:
                for message in self.answers(call, common, requests):
                    outcome.messages.append(message)
            except ConnectError as failure:
                details = [(detail.type_name, detail.message_bytes) for detail in failure.details]
                outcome.error = (failure.code.value, failure.message, details)
        outcome.answer.status = metadata.http_status or 0
        outcome.headers = grouped(metadata.headers.allitems())
        outcome.trailers = grouped(metadata.trailers.allitems())
        return outcome

    def answers(self, call: Call, common: dict, requests) -> Iterator:
        match KINDS[call.method]:
            case "unary":
                yield self.client.execute_unary(request=call.messages[0], use_get=call.get, **common)
            case "client":
                yield self.client.execute_client_stream(request=iter(call.messages), **common)
            case "server":
                yield from self.client.execute_server_stream(request=call.messages[0], **common)
            case _:
                yield from self.client.execute_bidi_stream(request=requests or iter(call.messages), **common)


def run(launcher: Launcher, report: Report) -> None:
    for protocol, version in (("connect", 1), ("connect", 2), ("grpc", 2), ("grpc-web", 1), ("grpc-web", 2)):
        with launcher.server(protocol, version, LIMIT) as port:
            for form in (Form("proto", "identity"), Form("proto", "gzip"), Form("json", "gzip")):
                client = Client(port, protocol, form, version)
                title = f"connectrpc/{protocol}-http{version}/{form.codec}/{form.compression}"
                for name, call, expected in cases(protocol, version, form):
                    def one(call=call, expected=expected) -> list[str]:
                        return known(faults(client.call(call), call, form, expected), call)

                    report.case(f"{title}/{name}", one)
            report.case(f"connectrpc/{protocol}-http{version}/unknown-service", lambda: unknown_service(client))
            if version == 2:
                report.case(f"connectrpc/{protocol}-http2/full-duplex", lambda: full_duplex(client))
            report.case(f"connectrpc/{protocol}-http{version}/100-calls-at-once", lambda: at_once(client, form))


def cases(protocol: str, version: int, form: Form) -> Iterator:
    for name, call, expected in all_suites(form.codec):
        # The client ends these by its own clock, as well.
        yield (name, call, expected)
    if protocol == "connect":
        for name, call in get_calls():
            yield (f"get/{name}", call, expect(call))
    if version == 2:
        for name, call, expected in clients_grpc.conversations():
            yield (f"bidi/{name}", call, expected)


def known(found: list[str], call: Call) -> list[str]:
    """Without what this client does in its own way."""
    if KINDS[call.method] == "bidi":
        found = [fault for fault in found if "a later message" not in fault and "requests and" not in fault]
    # Its GET has the parameters in its own spelling.
    return [fault for fault in found if "saw the query" not in fault]


def unknown_service(client: Client) -> list[str]:
    """A status of HTTP about a path becomes a code."""
    method = dataclasses.replace(client.method("Unary"), service_name="no.such.Service")
    try:
        client.client.execute_unary(request=request("Unary", data=DATA), method=method)
    except ConnectError as failure:
        return [] if failure.code is Code.UNIMPLEMENTED else [f"code {failure.code}"]
    return ["an unknown service answers"]


def full_duplex(client: Client) -> list[str]:
    """Each answer is there before the next request is sent."""
    turn, found = threading.Semaphore(1), []
    first = request("BidiStream", data=[b"1", b"2", b"3"], full_duplex=True)

    def requests():
        for message in (first, *[kind("BidiStreamRequest")(request_data=DATA)] * 2):
            if not turn.acquire(timeout=5):
                found.append("the answer waits for the next request")
            yield message

    common = {"method": client.method("BidiStream"), "headers": None, "timeout_ms": 20_000}
    for message in client.answers(Call("BidiStream"), common, requests()):
        if len(message.payload.request_info.requests) != 1:
            found.append(f"an answer tells of {len(message.payload.request_info.requests)} requests")
        turn.release()
    return found


def at_once(client: Client, form: Form) -> list[str]:
    def one(number: int) -> list[str]:
        call = Call("Unary", [request("Unary", data=b"%d" % number * 1000, delay_ms=number % 20)])
        return faults(client.call(call), call, form, expect(call))

    with concurrent.futures.ThreadPoolExecutor(25) as pool:
        return [fault for faults in pool.map(one, range(100)) for fault in faults]

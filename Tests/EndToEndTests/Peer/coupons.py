"""Issues coupons as clients of other languages do: grpcio, connectrpc, and gRPC-Web over plain HTTP.

usage: coupons.py --http URL --grpc HOST:PORT --campaign ID --count N [options]
prints a line for each issue, as soon as it is over: the code, or `error CODE REASON: MESSAGE`, where `-` is no reason
"""

import argparse
import base64
import concurrent.futures
import http.client
import struct
import threading
import urllib.parse
from pathlib import Path

import grpc
from connectrpc.client import ConnectClientSync
from connectrpc.compat import google_protobuf_codecs
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.protocol import ProtocolType
from connectrpc.request import Headers
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf import any_pb2, duration_pb2, timestamp_pb2  # noqa: F401: other files import these.
from pyqwest import HTTPVersion, SyncClient, SyncHTTPTransport

ROOT = Path(__file__).resolve().parents[3]
CODES = """ok canceled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied
resource_exhausted failed_precondition aborted out_of_range unimplemented internal unavailable data_loss
unauthenticated""".split()


def load(path: str, *names: str) -> None:
    for file in descriptor_pb2.FileDescriptorSet.FromString((ROOT / path).read_bytes()).file:
        if not file.name.startswith("google/protobuf/") and (not names or file.name in names):
            descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


def message(name: str) -> type:
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))


load("Sources/CouponAPI/Generated/coupon.binpb")
load("Sources/Connect/Generated/connect.binpb", "google/rpc/status.proto", "google/rpc/error_details.proto")
Request, Response = message("coupon.v1.IssueCouponRequest"), message("coupon.v1.IssueCouponResponse")
Status, ErrorInfo = message("google.rpc.Status"), message("google.rpc.ErrorInfo")


class Refused(Exception):
    def __init__(self, code: str, text: str, details: list[tuple[str, bytes]]):
        reasons = [ErrorInfo.FromString(data).reason for name, data in details if name.endswith("google.rpc.ErrorInfo")]
        super().__init__(f"error {code} {reasons[0] if reasons else '-'}: {text}")


def unpadded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def status_details(text: str | bytes | None) -> list[tuple[str, bytes]]:
    if text is None:
        return []
    status = Status.FromString(text if isinstance(text, bytes) else unpadded(text))
    return [(detail.type_url, detail.value) for detail in status.details]


class Native:
    """grpcio."""

    def __init__(self, options):
        self.issue_one = grpc.insecure_channel(options.grpc).unary_unary(
            f"/{options.service}/IssueCoupon", Request.SerializeToString, Response.FromString
        )

    def issue(self, request):
        try:
            return self.issue_one(request, timeout=30)
        except grpc.RpcError as failure:
            found = dict(failure.trailing_metadata() or []).get("grpc-status-details-bin")
            raise Refused(CODES[failure.code().value[0]], failure.details(), status_details(found)) from None


class Connect:
    """connectrpc: Connect, and gRPC for the codec that grpcio does not have."""

    def __init__(self, options, protocol: ProtocolType):
        is_grpc = protocol is ProtocolType.GRPC
        codec = next(codec for codec in google_protobuf_codecs() if codec.name() == options.codec)
        transport = SyncHTTPTransport(http_version=HTTPVersion.HTTP2 if is_grpc else HTTPVersion.HTTP1)
        address = f"http://{options.grpc}" if is_grpc else options.http
        self.client = ConnectClientSync(address, codec=codec, protocol=protocol, http_client=SyncClient(transport))
        self.method = MethodInfo(name="IssueCoupon", service_name=options.service, input=Request, output=Response,
                                 idempotency_level=IdempotencyLevel.UNKNOWN, stream_type=StreamType.UNARY)

    def issue(self, request):
        try:
            return self.client.execute_unary(request=request, method=self.method, headers=Headers(), timeout_ms=30_000)
        except ConnectError as failure:
            details = [(detail.type_name, detail.message_bytes) for detail in failure.details]
            raise Refused(failure.code.value, failure.message, details) from None


class Web:
    """gRPC-Web with nothing but HTTP, one connection for each thread."""

    def __init__(self, options):
        self.options, self.local = options, threading.local()

    def issue(self, request):
        is_json = self.options.codec == "json"
        data = json_format.MessageToJson(request).encode() if is_json else request.SerializeToString()
        media = f"application/grpc-web+{self.options.codec}"
        if not hasattr(self.local, "connection"):
            host = urllib.parse.urlsplit(self.options.http).netloc
            self.local.connection = http.client.HTTPConnection(host, timeout=30)
        try:
            self.local.connection.request("POST", f"/{self.options.service}/IssueCoupon",
                                          struct.pack(">BI", 0, len(data)) + data, {"content-type": media})
            answer = self.local.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.local.connection.close()
            raise
        if answer.status != 200 or not (answer.headers["content-type"] or "").startswith("application/grpc-web"):
            raise Refused("unknown", f"HTTP {answer.status} {body[:200]!r}", [])
        messages, trailers = self.parts(body)
        if (number := int(trailers["grpc-status"])) != 0:
            text = urllib.parse.unquote(trailers.get("grpc-message", ""))
            raise Refused(CODES[number], text, status_details(trailers.get("grpc-status-details-bin")))
        return json_format.Parse(messages[0], Response()) if is_json else Response.FromString(messages[0])

    @staticmethod
    def parts(body: bytes) -> tuple[list[bytes], dict[str, str]]:
        messages, trailers = [], {}
        while body:
            flags, length = struct.unpack(">BI", body[:5])
            data, body = body[5:5 + length], body[5 + length:]
            if flags & 0x80:
                fields = [line.partition(":") for line in data.decode().split("\r\n") if line]
                trailers = {name: value.strip() for name, _, value in fields}
            else:
                messages.append(data)
        return messages, trailers


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--http", required=True, metavar="URL", help="for connect and grpcweb")
    parser.add_argument("--grpc", required=True, metavar="HOST:PORT", help="for grpc, HTTP/2 without TLS")
    parser.add_argument("--campaign", required=True, type=int)
    parser.add_argument("--count", required=True, type=int)
    parser.add_argument("--protocol", required=True, choices=["grpc", "grpcweb", "connect"])
    parser.add_argument("--codec", default="proto", choices=["proto", "json"])
    parser.add_argument("--parallel", default=8, type=int, help="issues at once")
    parser.add_argument("--service", default="coupon.v1.CouponService")
    parser.add_argument("--users", metavar="PREFIX", help="issue to PREFIX0, PREFIX1, …")
    parser.add_argument("--requests", metavar="PREFIX", help="with the request ids PREFIX0, PREFIX1, …")
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.protocol == "grpcweb":
        client = Web(options)
    elif options.protocol == "grpc" and options.codec == "proto":
        client = Native(options)
    else:
        client = Connect(options, ProtocolType.GRPC if options.protocol == "grpc" else ProtocolType.CONNECT)
    printing = threading.Lock()

    def one(number: int) -> None:
        request = Request(campaign_id=options.campaign)
        if options.users is not None:
            request.user_id = f"{options.users}{number}"
        if options.requests is not None:
            request.request_id = f"{options.requests}{number}"
        try:
            line = client.issue(request).coupon_code
        except Refused as refusal:
            line = str(refusal)
        except (OSError, http.client.HTTPException) as failure:
            line = f"error unavailable -: {failure}"
        with printing:
            print(line.replace("\n", " "), flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
        list(pool.map(one, range(options.count)))


if __name__ == "__main__":
    main()

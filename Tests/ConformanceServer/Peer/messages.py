"""The messages of the conformance service, made from the descriptors that the server was built with."""

from pathlib import Path

from google.protobuf import (  # noqa: F401
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    json_format,
    message_factory,
    timestamp_pb2,
)

ROOT = Path(__file__).resolve().parents[3]
SERVICE = "connectrpc.conformance.v1.ConformanceService"
PACKAGE = "connectrpc.conformance.v1."
TYPE_PREFIX = "type.googleapis.com/"
CODES = """canceled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied
resource_exhausted failed_precondition aborted out_of_range unimplemented internal unavailable data_loss
unauthenticated""".split()


def load(path: Path, *names: str) -> None:
    """Takes the files named, or all, of a descriptor set, but for those that are known already."""
    pool = descriptor_pool.Default()
    for file in descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file:
        try:
            pool.FindFileByName(file.name)
        except KeyError:
            if not names or file.name in names:
                pool.AddSerializedFile(file.SerializeToString())


load(ROOT / "Tests/ConformanceServer/Generated/conformance.binpb")
load(ROOT / "Sources/Connect/Generated/connect.binpb", "google/rpc/status.proto", "google/rpc/error_details.proto")


def kind(name: str) -> type:
    """The class of a message; without a dot it is one of the suite's."""
    full = name if "." in name and name[0].islower() else PACKAGE + name
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(full))


Header = kind("Header")
RequestInfo = kind("ConformancePayload.RequestInfo")
Status = kind("google.rpc.Status")


def code_number(name: str) -> int:
    return CODES.index(name) + 1


def headers_of(pairs: dict[str, list[str]] | None) -> list:
    return [Header(name=name, value=values) for name, values in (pairs or {}).items()]


def pack(message) -> any_pb2.Any:
    return any_pb2.Any(type_url=TYPE_PREFIX + message.DESCRIPTOR.full_name, value=message.SerializeToString())


def encode(message, codec: str) -> bytes:
    if codec == "proto":
        return message.SerializeToString()
    return json_format.MessageToJson(message, indent=None).encode()


def decode(data: bytes, cls: type, codec: str):
    """Strict: an unknown field or an enum that is no name is an error."""
    return cls.FromString(data) if codec == "proto" else json_format.Parse(data, cls())

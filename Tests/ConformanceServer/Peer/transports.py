"""HTTP/1.1 and HTTP/2 by hand, so that a case can send what no client would, and see what no client shows."""

import socket
import ssl
import time
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

Headers = list[tuple[str, str]]
PATIENCE = 15.0


@dataclass
class Answer:
    status: int = 0
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    trailers: Headers = field(default_factory=list)
    # When the head came, and each piece of the body.
    head_time: float = 0.0
    times: list[float] = field(default_factory=list)
    # Whether the head ended the answer, as only HTTP/2 can tell.
    is_bare: bool = False
    # HTTP/2's error code when the server gave the stream up.
    reset: int | None = None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    def add(self, piece: bytes) -> None:
        if piece:
            self.body += piece
            self.times.append(time.monotonic())


def connect(port: int, tls: ssl.SSLContext | None, protocol: str) -> socket.socket:
    """A connection; by TLS one on which both sides have agreed upon the protocol."""
    plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
    if tls is None:
        return plain
    tls.set_alpn_protocols([protocol])
    secure = tls.wrap_socket(plain, server_hostname="localhost")
    if secure.selected_alpn_protocol() != protocol:
        secure.close()
        raise ConnectionError(f"the server chose {secure.selected_alpn_protocol()} instead of {protocol}")
    return secure


class HTTP1:
    """One connection for each request."""

    version = 1

    def __init__(self, port: int, tls: ssl.SSLContext | None = None):
        self.port, self.tls = port, tls

    def exchange(self, method: str, path: str, headers: Headers, body: bytes | None = b"") -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body is not None:
            lines.append(f"content-length: {len(body)}")
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        with connect(self.port, self.tls, "http/1.1") as connection:
            try:
                connection.sendall(head + (body or b""))
            except (BrokenPipeError, ConnectionResetError):
                pass  # It may have answered before it read everything.
            with connection.makefile("rb") as stream:
                return self.read(stream, method)

    def read(self, stream, method: str) -> Answer:
        answer = Answer(status=int(stream.readline().split()[1]))
        answer.headers = self.fields(stream)
        answer.head_time = time.monotonic()
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        if (answer.first("transfer-encoding") or "") == "chunked":
            while size := int(stream.readline().split(b";")[0], 16):
                answer.add(self.exactly(stream, size))
                stream.readline()
            answer.trailers = self.fields(stream)
        elif (length := answer.first("content-length")) is not None:
            answer.add(self.exactly(stream, int(length)))
        else:
            answer.add(stream.read())
        return answer

    @staticmethod
    def exactly(stream, count: int) -> bytes:
        data = stream.read(count)
        if len(data) != count:
            raise ConnectionError(f"the body ends after {len(data)} of {count} bytes")
        return data

    @staticmethod
    def fields(stream) -> Headers:
        fields = []
        while (line := stream.readline().rstrip(b"\r\n")) != b"":
            name, value = line.decode("latin-1").split(":", 1)
            fields.append((name.lower(), value.strip()))
        return fields

    def close(self) -> None:
        pass


class HTTP2:
    """One connection for all requests, with prior knowledge where there is no TLS."""

    version = 2

    def __init__(self, port: int, tls: ssl.SSLContext | None = None):
        self.port, self.tls = port, tls
        self.socket: socket.socket | None = None

    def connect(self) -> None:
        self.socket = connect(self.port, self.tls, "h2")
        self.machine = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="latin-1"))
        self.machine.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.machine.data_to_send())

    def exchange(self, method: str, path: str, headers: Headers, body: bytes | None = b"") -> Answer:
        if self.socket is None:
            self.connect()
        try:
            return self.attempt(method, path, headers, body)
        except (OSError, h2.exceptions.ProtocolError):
            self.close()
            raise

    def attempt(self, method: str, path: str, headers: Headers, body: bytes | None) -> Answer:
        stream = self.machine.get_next_available_stream_id()
        scheme = "https" if self.tls else "http"
        pseudo = [(":method", method), (":scheme", scheme), (":path", path), (":authority", f"127.0.0.1:{self.port}")]
        self.machine.send_headers(stream, pseudo + headers, end_stream=not body)
        answer, rest, is_done = Answer(), body or b"", False
        while not is_done:
            while rest:
                window = min(self.machine.local_flow_control_window(stream), self.machine.max_outbound_frame_size)
                if window <= 0:
                    break
                piece, rest = rest[:window], rest[window:]
                self.machine.send_data(stream, piece, end_stream=not rest)
            self.flush()
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the server closed the connection")
            for event in self.machine.receive_data(data):
                is_done = self.take(event, stream, answer) or is_done
            if is_done:
                rest = b""
        self.flush()
        return answer

    def take(self, event, stream: int, answer: Answer) -> bool:
        """Whether this was the last of the stream."""
        if isinstance(event, h2.events.ConnectionTerminated):
            raise ConnectionError(f"GOAWAY {event.error_code}")
        if getattr(event, "stream_id", None) != stream:
            return False
        if isinstance(event, h2.events.ResponseReceived):
            answer.headers = [(name, value) for name, value in event.headers if not name.startswith(":")]
            answer.head_time = time.monotonic()
            answer.is_bare = event.stream_ended is not None
            answer.status = int(next(value for name, value in event.headers if name == ":status"))
        elif isinstance(event, h2.events.DataReceived):
            answer.add(event.data)
            self.machine.acknowledge_received_data(event.flow_controlled_length, stream)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = list(event.headers)
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = event.error_code
        return isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset))

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

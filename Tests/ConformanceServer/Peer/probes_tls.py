"""TLS as the launcher asks for it: its own certificate or the server's, and clients that have to prove who they are."""

import ssl
import subprocess
import tempfile
from pathlib import Path

from launcher import Launcher, Report
from messages import kind
from model import DATA, SENT, expect, faults, request
from protocols import Call, Connect, Form, GRPC, GRPCWeb
from transports import HTTP1, HTTP2

WAYS = [(Connect(), HTTP1), (Connect(), HTTP2), (GRPCWeb(), HTTP1), (GRPCWeb(), HTTP2), (GRPC(), HTTP2)]
METHODS = ("Unary", "ServerStream", "ClientStream")


def made(folder: Path, name: str) -> tuple[bytes, bytes]:
    """A certificate that vouches for itself, and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-days", "1", "-subj", f"/CN={name}", "-nodes", "-newkey", "ec",
         "-pkeyopt", "ec_paramgen_curve:prime256v1", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", cert], check=True, capture_output=True,
    )
    return cert.read_bytes(), key.read_bytes()


def trusting(pem: bytes, mine: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=pem.decode())
    if mine:
        context.load_cert_chain(mine, mine.with_suffix(".key"))
    return context


def every_way(port: int, context: ssl.SSLContext) -> list[str]:
    found = []
    for protocol, transport in WAYS:
        wire = transport(port, context)
        for method in METHODS:
            call = Call(method, [request(method, data=[DATA, DATA] if method == "ServerStream" else DATA)], SENT)
            for fault in faults(protocol.call(wire, call, Form()), call, Form(), expect(call)):
                found.append(f"{protocol.name}, HTTP/{wire.version}, {method}: {fault}")
        wire.close()
    return found


def strangers(port: int, context: ssl.SSLContext) -> list[str]:
    """By TLS 1.3 a client learns only behind its handshake that it is not let in."""
    found = []
    for transport in (HTTP1, HTTP2):
        call = Call("Unary", [kind("UnaryRequest")()])
        try:
            outcome = Connect().call(transport(port, context), call, Form())
            found.append(f"{transport.__name__}: a client without a certificate of the right kind got {outcome}")
        except (OSError, IndexError):
            pass
    return found


def run(launcher: Launcher, report: Report) -> None:
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        cert, key = made(folder, "server")
        client, _ = made(folder, "client")
        made(folder, "stranger")

        def with_credentials() -> list[str]:
            with launcher.server(use_tls=True, cert=cert, key=key) as port:
                return every_way(port, trusting(cert))

        def with_its_own() -> list[str]:
            process = launcher.start("connect", 2, use_tls=True)
            try:
                answer = launcher.answer(process)
                if not answer.pem_cert:
                    return ["the server does not tell its certificate"]
                return every_way(answer.port, trusting(answer.pem_cert))
            finally:
                launcher.stop(process)

        def with_clients() -> list[str]:
            with launcher.server(use_tls=True, cert=cert, key=key, client=client) as port:
                return (every_way(port, trusting(cert, folder / "client.pem")) + strangers(port, trusting(cert))
                        + strangers(port, trusting(cert, folder / "stranger.pem")))

        report.case("tls/the-launcher's-certificate", with_credentials)
        report.case("tls/the-server's-own-certificate", with_its_own)
        report.case("tls/certificates-of-clients", with_clients)

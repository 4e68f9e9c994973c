"""Cases of the Connect conformance suite's kind, in our own words, for a server that speaks its launcher protocol.

usage: conformance.py SERVER [--only TEXT] GROUP…
  SERVER  the program, with a slash in it, or HOST:PORT of a server that runs already with a limit of 204800 bytes
  GROUP   launcher, tls, early, connect-http1, connect-http2, grpc-web-http1, grpc-web-http2, grpc-http2: by hand;
          grpcio, connectrpc, buf, curl, services: with clients that others wrote
"""

import concurrent.futures
import sys
import time
from collections.abc import Callable

import clients_connect
import clients_grpc
import clients_tools
import probes
import probes_early
import probes_get
import probes_grpc
import probes_tls
from launcher import Launcher, Report
from model import DATA, SENT, expect, faults, request
from protocols import Call, Connect, Form, GRPC, GRPCWeb
from suites import LIMIT, all_suites
from transports import HTTP1, HTTP2

FORMS = [Form(codec, compression) for codec in ("proto", "json") for compression in ("identity", "gzip")]


def matrix(report: Report, transport, protocol, title: str) -> None:
    """Every case in both codecs, compressed and not."""
    for form in FORMS:
        for name, call, expected in all_suites(form.codec):
            def run(call=call, expected=expected, form=form) -> list[str]:
                return faults(protocol.call(transport, call, form), call, form, expected)

            report.case(f"{title}/{form.codec}/{form.compression}/{name}", run)


def delivery(report: Report, transport, protocol, title: str) -> None:
    """Messages leave when they are written, not when the stream ends."""
    def run() -> list[str]:
        call = Call("ServerStream", [request("ServerStream", data=[DATA] * 3, delay_ms=400)], SENT)
        start = time.monotonic()
        outcome = protocol.call(transport, call, Form())
        found = faults(outcome, call, Form(), expect(call))
        times = [moment - start for moment in outcome.answer.times]
        if len(times) < 2 or times[-1] - times[0] < 0.3:
            found.append(f"the pieces came after {times} s")
        if times and times[0] - (outcome.answer.head_time - start) < 0.1:
            found.append(f"the head came after {outcome.answer.head_time - start} s, the first piece after {times[0]}")
        return found

    report.case(f"{title}/delivery", run)


STATUS = {"canceled": 499, "unknown": 500, "invalid_argument": 400, "deadline_exceeded": 504, "not_found": 404,
          "already_exists": 409, "permission_denied": 403, "resource_exhausted": 429, "failed_precondition": 400,
          "aborted": 409, "out_of_range": 400, "unimplemented": 501, "internal": 500, "unavailable": 503,
          "data_loss": 500, "unauthenticated": 401}


def statuses(report: Report, transport, title: str) -> None:
    from model import error

    for code, status in STATUS.items():
        for method, wanted in (("Unary", status), ("IdempotentUnary", status), ("ServerStream", 200)):
            call = Call(method, [request(method, fails=error(code))], get=method == "IdempotentUnary")

            def run(call=call, wanted=wanted) -> list[str]:
                expected = expect(call)
                expected.status = {wanted}
                return faults(Connect().call(transport, call, Form()), call, Form(), expected)

            report.case(f"{title}/status/{method}/{code}", run)


def by_hand(protocol, version: int) -> Callable[[Launcher, Report], None]:
    def run(launcher: Launcher, report: Report) -> None:
        title = f"{protocol.name}-http{version}"
        with launcher.server(protocol.name, version, LIMIT) as port:
            transport = HTTP1(port) if version == 1 else HTTP2(port)
            matrix(report, transport, protocol, title)
            delivery(report, transport, protocol, title)
            kinds = {"unexpected": probes_grpc.probes(protocol)}
            if protocol.name == "connect":
                statuses(report, transport, title)
                for form in FORMS:
                    for name, call in probes_get.calls():
                        def get(call=call, form=form) -> list[str]:
                            return faults(protocol.call(transport, call, form), call, form, expect(call))

                        report.case(f"{title}/get/{form.codec}/{form.compression}/{name}", get)
                kinds = {"get": probes_get.probes(), "unexpected": probes.connect_unary(),
                         "compression": probes.connect_compression(), "stream": probes.connect_streams()}
            for kind, group in kinds.items():
                for probe in group:
                    report.case(f"{title}/{kind}/{probe.name}", lambda probe=probe: probe.run(transport))
            transport.close()

    return run


def launching(launcher: Launcher, report: Report) -> None:
    def ends_with_open_connections() -> list[str]:
        with launcher.server() as port:
            transports = [HTTP1(port), HTTP2(port)]
            call = Call("Unary", [request("Unary", data=DATA)])
            found = [fault for transport in transports
                     for fault in faults(Connect().call(transport, call, Form()), call, Form(), expect(call))]
        transports[1].close()
        return found

    def finishes(client: Callable, version: int) -> list[str]:
        process = launcher.start("connect", version)
        send = client(launcher.answer(process).port)
        call = Call("Unary", [request("Unary", data=DATA, delay_ms=1500)])
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(send, call)
            time.sleep(0.7)
            code = launcher.stop(process)
            found = faults(waiting.result(), call, Form(), expect(call))
        return found + ([] if code == 0 else [f"the server ended with {code}"])

    report.case("launcher/a-call-at-work-is-finished/http1",
                lambda: finishes(lambda port: lambda call: Connect().call(HTTP1(port), call, Form()), 1))
    # Not by hand: the HTTP/2 library there takes no frame behind GOAWAY.
    report.case("launcher/a-call-at-work-is-finished/http2",
                lambda: finishes(lambda port: clients_grpc.Client(port).call, 2))
    report.case("launcher/ends-with-an-open-connection", ends_with_open_connections)


GROUPS: dict[str, Callable[[Launcher, Report], None]] = {
    "launcher": launching,
    "tls": probes_tls.run,
    "early": probes_early.run,
    "connect-http1": by_hand(Connect(), 1),
    "connect-http2": by_hand(Connect(), 2),
    "grpc-web-http1": by_hand(GRPCWeb(), 1),
    "grpc-web-http2": by_hand(GRPCWeb(), 2),
    "grpc-http2": by_hand(GRPC(), 2),
    "grpcio": clients_grpc.run,
    "services": clients_grpc.services,
    "connectrpc": clients_connect.run,
    "buf": clients_tools.buf,
    "curl": clients_tools.curl,
}


def main() -> int:
    arguments, pattern = sys.argv[1:], None
    if "--only" in arguments:
        place = arguments.index("--only")
        pattern = arguments[place + 1]
        del arguments[place:place + 2]
    if not arguments or not set(arguments[1:]) <= GROUPS.keys():
        print(__doc__, file=sys.stderr)
        return 64
    launcher, report = Launcher(arguments[0]), Report(pattern)
    for name in arguments[1:] or GROUPS:
        GROUPS[name](launcher, report)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())

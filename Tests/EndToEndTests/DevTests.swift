import Foundation
import Support
import Testing

@Suite(.serialized)
struct DevTests {
    @Test func `a newcomer's first minute works`() async throws {
        try await TallySystem.with { system in
            #expect(try await curl("\(system.url)/api/verve/accept?id=1") == "ok")
            let answer = try await curl("-i", "\(system.url)/api/verve/accept?id=1")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.lowercased().contains("x-unique: 0"))
            #expect(answer.lowercased().contains("x-request-id: "))
            for port in system.ports.admin {
                #expect(try await curl("http://127.0.0.1:\(port)/livez") == "ok\n")
                #expect(try await curl("http://127.0.0.1:\(port)/readyz") == "ok\n")
                let version = try await curl("http://127.0.0.1:\(port)/version")
                #expect(version.contains("\"version\"") && version.contains("\"commit\":\"unknown\""))
                let metrics = try await curl("http://127.0.0.1:\(port)/metrics")
                #expect(metrics.contains("tally_build_info{"))
            }
            let load = try await TallySystem.run([
                "load", "accept", "--url", system.url, "--requests", "2000", "--no-check",
            ])
            #expect(load.code == 0, "\(load.output)")
        }
    }

    @Test func `HTTP 2 is spoken by nginx on a port for it, and by each instance on its one port`() async throws {
        try await TallySystem.with { system in
            let ports = [system.grpcPort] + system.ports.instances
            for port in ports {
                let url = "http://127.0.0.1:\(port)"
                let add = try await curl(
                    "-i",
                    "--http2-prior-knowledge",
                    "-H",
                    "Content-Type: application/json",
                    "-d",
                    #"{"amount":"1.00"}"#,
                    "\(url)/users/gopal/add"
                )
                #expect(add.hasPrefix("HTTP/2 200") && add.contains(#""amount":"1.00""#), "\(add)")
                let unique = try await curl("--http2-prior-knowledge", "\(url)/api/verve/accept?id=\(port)")
                #expect(unique == "ok")
            }
            let balance = try await curl("\(system.url)/users/gopal/balance")
            #expect(balance.contains("\"balance\":\"\(ports.count).00\""))
        }
    }

    @Test func `a killed child is back within a second or so, and stopping leaves nothing`() async throws {
        var pids: [Int32] = []
        try await TallySystem.with { system in
            for name in ["instance-1", "worker-1", "nginx", "redis"] {
                let before = try system.pid(name)
                try system.kill(name)
                try await eventually(within: .seconds(10)) {
                    let now = try? system.pid(name)
                    return now != nil && now != before
                }
            }
            try await eventually(within: .seconds(20)) {
                try await curl("\(system.url)/api/verve/accept?id=2") == "ok"
            }
            pids = try ["redis", "nginx", "instance-1", "instance-2", "worker-1"].map { try system.pid($0) }
        }
        for pid in pids { #expect(kill(pid, 0) == -1, "\(pid) still runs") }
    }

    @Test func `the metrics of every process are clean`() async throws {
        try await TallySystem.with { system in
            _ = try await curl("\(system.url)/api/verve/accept?id=1")
            _ = try await curl("\(system.url)/api/uniques")
            for port in system.ports.admin {
                let url = "http://127.0.0.1:\(port)/metrics"
                let check = try await TallySystem.output(
                    "/bin/sh",
                    ["-c", "curl -sS \(url) | promtool check metrics 2>&1; echo status $?"]
                )
                #expect(check == "status 0\n", "\(check)")
            }
        }
    }

    @Test func `a port in use is a clear message and leaves nothing`() async throws {
        try await TallySystem.with { system in
            let other = system.directory.appending(path: "other").path
            let second = try await TallySystem.run(["dev", "--dir", other, "--port", "\(system.ports.http)"])
            #expect(second.code != 0)
            #expect(second.output.contains("\(system.ports.http)"))
        }
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `instances that end one after the other under load fail no request`(signal: Int32) async throws {
        try await TallySystem.with { system in
            let load = try Program(
                TallySystem.executable,
                [
                    "load", "accept", "--url", system.url, "--rate", "300", "--seconds", "10", "--connections", "16",
                    "--no-check", "--json",
                ]
            )
            for name in ["instance-1", "instance-2", "instance-1", "instance-2"] {
                try await Task.sleep(for: .seconds(1))
                let before = try system.pid(name)
                try system.kill(name, signal)
                // One that is being started again leaves all requests to the other.
                try await eventually("\(name) is there again") {
                    guard let now = try? system.pid(name), now != before else { return false }
                    for port in system.ports.admin {
                        let url = "http://127.0.0.1:\(port)/readyz"
                        let status = try await curl("-o", "/dev/null", "-w", "%{http_code}", url)
                        guard status == "200" else { return false }
                    }
                    return true
                }
            }
            try await load.end(within: .seconds(60))
            #expect(load.exitCode == 0, "\(load.output)")
        }
    }
}

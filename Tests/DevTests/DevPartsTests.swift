import Dev
import Foundation
import Support
import Testing

@Suite
struct DevPartsTests {
    @Test
    func `a folder belongs to one system at a time`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/a/b"
            do {
                let held = try DevDirectory.open(path, fresh: false)
                #expect(held.path == path)
                #expect(throws: DevError.directoryInUse(path)) { _ = try DevDirectory.open(path, fresh: true) }
            }
            _ = try DevDirectory.open(path, fresh: false)
        }
    }

    @Test
    func `what others made is refused and stays`() async throws {
        try await withFolder { folder in
            let theirs = "\(folder)/redis"
            try FileManager.default.createDirectory(atPath: theirs, withIntermediateDirectories: false)
            #expect(throws: DevError.directoryForeign(folder)) { _ = try DevDirectory.open(folder, fresh: true) }
            #expect(FileManager.default.fileExists(atPath: theirs))
        }
    }

    @Test
    func `a fresh start deletes data, another one does not, and neither touches the rest`() async throws {
        try await withFolder { folder in
            do {
                let directory = try DevDirectory.open(folder, fresh: false)
                for name in ["redis/dump", "run/a.pid", "log/a.log", "mine"] { try directory.write("x", to: name) }
            }
            do {
                let directory = try DevDirectory.open(folder, fresh: false)
                #expect(directory.read("redis/dump") != nil && directory.read("mine") != nil)
                #expect(directory.read("run/a.pid") == nil && directory.read("log/a.log") == nil)
            }
            let directory = try DevDirectory.open(folder, fresh: true)
            #expect(directory.read("redis/dump") == nil && directory.read("mine") != nil)
        }
    }

    @Test
    func `ports are kept from one start to the next`() async throws {
        let configuration = DevConfiguration(instances: 3, workers: 2, port: try freePort(), grpcPort: 0)
        let finder = PortFinder()
        let first = try await DevPorts.plan(for: configuration, earlier: nil, finder: finder)
        #expect(first.instances.count == 3 && first.admin.count == 5)
        let all = [first.http, first.grpc, first.redis] + first.instances + first.admin
        #expect(Set(all).count == all.count)
        let second = try await DevPorts.plan(
            for: configuration,
            earlier: DevPorts(json: Array(first.json.utf8)),
            finder: finder
        )
        #expect(second == first)
    }

    @Test
    func `a port that somebody took is replaced, and the entry's is an error`() async throws {
        let upstream = try await FakeUpstream.start(.answering)
        let configuration = DevConfiguration(instances: 1, workers: 0, port: try freePort(), grpcPort: 0)
        let earlier = DevPorts(http: 1, grpc: 2, status: 9, redis: upstream.port, instances: [], admin: [])
        let ports = try await DevPorts.plan(for: configuration, earlier: earlier, finder: PortFinder())
        #expect(ports.redis != upstream.port)
        for taken in [
            DevConfiguration(port: upstream.port), DevConfiguration(port: ports.http, grpcPort: upstream.port),
            DevConfiguration(port: upstream.port, grpcPort: upstream.port),
        ] {
            await #expect(throws: DevError.portInUse(upstream.port)) {
                _ = try await DevPorts.plan(for: taken, earlier: nil, finder: PortFinder())
            }
        }
        try await upstream.stop()
    }

    @Test
    func `the file of ports has the names that others rely on`() throws {
        let ports = DevPorts(http: 8080, grpc: 8082, status: 9, redis: 1, instances: [2, 3], admin: [4, 5, 6])
        let plain = #"{"admin":[4,5,6],"grpc":8082,"http":8080,"instances":[2,3],"redis":1,"status":9}"#
        #expect(ports.json == plain + "\n")
        #expect(DevPorts(json: Array(ports.json.utf8)) == ports)
        let chained = DevPorts(http: 8080, grpc: 0, tls: 5, status: 9, redis: 1, instances: [2], admin: [3], chain: 4)
        let more = #"{"admin":[3],"chain":4,"grpc":0,"http":8080,"instances":[2],"redis":1,"status":9,"tls":5}"#
        #expect(chained.json == more + "\n")
        #expect(DevPorts(json: Array(chained.json.utf8)) == chained)
        #expect(DevPorts(json: Array("{\"http\":".utf8)) == nil)
    }

    @Test
    func `instances answer to names of this machine alone, unless others may reach it or are named`() {
        let name = "TALLY_HTTP_ALLOWED_HOSTS"
        for (address, given, allowed) in [
            ("127.0.0.1", nil, "localhost,127.0.0.1,[::1]"), ("[::1]", nil, "localhost,127.0.0.1,[::1]"),
            ("127.0.0.1", "a.example", "a.example"), ("127.0.0.1", "", ""), ("0.0.0.0", nil, nil),
            ("192.0.2.1", "b.example", "b.example"),
        ] as [(String, String?, String?)] {
            var configuration = DevConfiguration(listenAddress: address)
            if let given { configuration.environment[name] = given }
            let ports = DevPorts(http: 1, grpc: 2, tls: nil, status: 3, redis: 4, instances: [5], admin: [6])
            let programs = DevChildren.Programs(redis: "", nginx: "", tally: "")
            let children = DevChildren(configuration, ports: ports, programs: programs, root: "/").all
            let instance = children.first { $0.name == "instance-1" }
            #expect(instance?.environment[name] == allowed, "\(address) \(given ?? "")")
        }
    }

    @Test
    func `a program that is not there names its package`() throws {
        let missing = DevError.programMissing(program: "no-such-program", package: "some-package")
        #expect(throws: missing) { _ = try Programs.find("no-such-program", package: "some-package") }
        #expect(missing.description.contains("some-package") && missing.description.contains("scripts/setup"))
        #expect(try Programs.find("sh", package: "dash", path: "relative:/bin") == "/bin/sh")
    }

    @Test(
        arguments: [
            DevConfiguration(instances: 0), DevConfiguration(instances: 33), DevConfiguration(workers: -1),
            DevConfiguration(port: 0), DevConfiguration(port: 65_536), DevConfiguration(grpcPort: 65_536),
            DevConfiguration(listenAddress: "a; user root"),
            DevConfiguration(listenAddress: ""), DevConfiguration(readyDeadline: .zero),
        ]
    )
    func `what is out of range is refused`(configuration: DevConfiguration) {
        #expect(throws: DevError.self) { try configuration.validate() }
    }

    @Test(
        arguments: [
            "plain-1.0/a_b", "a b", "it's", "''", "$HOME `id` \\ \"x\"", "-n", "~", "*", "a\nb", "쿠폰 #1", "", "a;b&c|d",
        ]
    )
    func `a shell reads a printed word as the text that it stands for`(text: String) throws {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "printf '%s' \(ShellWord(text))"]
        let output = Pipe()
        shell.standardOutput = output
        try shell.run()
        let read = try output.fileHandleForReading.readToEnd() ?? Data()
        shell.waitUntilExit()
        #expect(String(decoding: read, as: UTF8.self) == text)
    }

    @Test
    func `the command that is printed for TLS can be pasted`() {
        let ports = DevPorts(http: 1, grpc: 2, tls: 3, status: 4, redis: 5, instances: [], admin: [])
        let table = DevTable(DevConfiguration(), ports: ports, root: "/tmp/a b's")
        #expect(table.lines.contains(#"with TLS: curl --cacert '/tmp/a b'\''s/tls/ca.pem' https://localhost:3/"#))
    }
}

import Dev
import Foundation
import Glibc
import Support
import Testing

/// The chain of a system, and the settings that its children get for it.
@Suite
struct DevChainTests {
    @Test
    func `a chain is local, none, or a URL`() {
        #expect(DevChain("local") == .local && DevChain("none") == DevChain.none)
        #expect(DevChain("http://127.0.0.1:8545") == .url("http://127.0.0.1:8545"))
        for text in ["", "8545", "127.0.0.1:8545", "ftp://a/", "http://"] { #expect(DevChain(text) == nil, "\(text)") }
        #expect(DevChain.url("http://127.0.0.1:8545").port == 8545)
        #expect(DevChain.url("https://rpc.example:8545").port == nil && DevChain.local.port == nil)
        #expect(DevChain.Mining("auto") == .auto && DevChain.Mining("interval:1") == .interval(seconds: 1))
        for text in ["", "interval:", "interval:0", "interval:0.5", "manual"] { #expect(DevChain.Mining(text) == nil) }
    }

    @Test
    func `the project is found above the binary, and Hardhat does what it can`() async throws {
        try await withFolder { folder in
            let project = "\(folder)/node"
            let executable = "\(folder)/.build/debug/tally"
            let find = { (options: DevChain.Options) in
                DevChainProgram.find(options, folder: nil, executable: executable)
            }
            try Self.write("", to: "\(project)/chain.py")
            #expect(find(.init()) == nil)
            try Self.write("", to: "\(project)/.venv/bin/python", isExecutable: true)
            #expect(find(.init()) == .fallback(folder: project))
            try Self.write("", to: "\(project)/node_modules/.bin/hardhat")
            if let node = try? Programs.find("node", package: "nodejs") {
                #expect(find(.init()) == .hardhat(node: node, folder: project))
            }
            for other in [
                DevChain.Options(rules: .geth), .init(mining: .interval(seconds: 1)), .init(hasFaults: true),
            ] {
                #expect(find(other) == .fallback(folder: project))
            }
        }
    }

    @Test
    func `the faucet is told where the chain is, unless a setting says it`() throws {
        var configuration = DevConfiguration()
        let ports = DevPorts(http: 1, grpc: 7, status: 9, redis: 2, instances: [3], admin: [4, 5], chain: 6)
        let children = { (configuration: DevConfiguration, program: DevChainProgram?) in
            DevChildren(
                configuration,
                ports: ports,
                programs: .init(redis: "r", nginx: "n", tally: "t", chain: program),
                root: "/tmp/system"
            ).all
        }
        let all = children(configuration, .fallback(folder: "/project/node"))
        let chain = try #require(all.first { $0.name == "chain" })
        #expect(chain.stage == 0 && chain.workingDirectory == "/project/node")
        #expect(chain.executable == "/project/node/.venv/bin/python")
        #expect(chain.arguments.starts(with: ["/project/node/chain.py", "--port", "6", "--data", "/tmp/system/chain"]))
        #expect(chain.logPath == "/tmp/system/log/chain.log" && chain.pidPath == "/tmp/system/run/chain.pid")
        for service in all where service.executable == "t" {
            #expect(service.environment["TALLY_FAUCET_RPC"] == "http://127.0.0.1:6")
            #expect(service.environment["TALLY_FAUCET_KEYS"] == "development")
        }
        configuration.chain = .url("http://127.0.0.1:7")
        configuration.environment["TALLY_FAUCET_KEYS"] = "/key"
        let others = children(configuration, nil)
        #expect(!others.contains { $0.name == "chain" })
        for service in others where service.executable == "t" {
            #expect(service.environment["TALLY_FAUCET_RPC"] == "http://127.0.0.1:7")
            #expect(service.environment["TALLY_FAUCET_KEYS"] == "/key")
        }
        configuration.chain = .none
        for service in children(configuration, nil) {
            #expect(service.environment["TALLY_FAUCET_RPC"] == nil)
        }
    }

    @Test
    func `a chain's port is kept, and only a local chain needs one`() async throws {
        var configuration = DevConfiguration(instances: 1, workers: 0, port: try freePort())
        let finder = PortFinder()
        let plan = { (configuration: DevConfiguration, hasChain: Bool, earlier: DevPorts?) async throws in
            try await DevPorts.plan(for: configuration, hasChain: hasChain, earlier: earlier, finder: finder)
        }
        let first = try await plan(configuration, true, nil)
        #expect(first.chain != nil)
        #expect(try await plan(configuration, true, first) == first)
        #expect(try await plan(configuration, false, first).chain == nil)
        configuration.chain = .url("http://127.0.0.1:8545")
        #expect(try await plan(configuration, false, first).chain == 8545)
    }

    @Test
    func `the table says which chain there is`() {
        let ports = DevPorts(http: 1, grpc: 7, status: 9, redis: 2, instances: [], admin: [], chain: 6)
        let lines = { (chain: DevChain, program: DevChainProgram?) in
            DevTable(DevConfiguration(chain: chain), ports: ports, chain: program, root: "/r").lines
                .filter { $0.hasPrefix("chain") }.map { $0.split(separator: " ").joined(separator: " ") }
        }
        #expect(lines(.local, .fallback(folder: "/f")) == ["chain 127.0.0.1:6 - log/chain.log"])
        #expect(lines(.local, nil) == ["chain: none – run scripts/setup"])
        #expect(lines(.url("http://127.0.0.1:7"), nil) == ["chain http://127.0.0.1:7 - -"])
        #expect(lines(.none, nil).isEmpty)
    }

    private static func write(_ text: String, to path: String, isExecutable: Bool = false) throws {
        let url = URL(filePath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: url, atomically: true, encoding: .utf8)
        let mode = isExecutable ? 0o755 : 0o644
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}

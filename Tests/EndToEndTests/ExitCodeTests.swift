import Foundation
import Support
import Testing

/// One exit code for one cause, whatever the command.
struct ExitCodeTests {
    private static let commands = [
        "audit ledger", "audit payments", "audit coupons", "audit admin", "payments dead", "payments redrive",
        "uniques dead", "uniques replay", "faucet status", "faucet open", "faucet pause", "faucet cancel 01KA",
        "keys list",
        "keys create shop --scope ledger:read", "keys revoke 4k2m8q0z7w1x", "admin log",
    ]

    @Test func `without Redis every command names the place and the reason, and ends with 69`() async throws {
        let address = "127.0.0.1:\(try freePort())"
        // Together: an audit waits half a minute for a Redis that is being restarted.
        let programs = try Self.commands.map { command in
            let words = command.split(separator: " ").map(String.init)
            return try Program(TallySystem.executable, words + ["--redis-url", "redis://\(address)"])
        }
        for (command, program) in zip(Self.commands, programs) {
            try await program.end(within: .seconds(120))
            let told = "cannot reach Redis at \(address): connection refused\n"
            #expect(program.exitCode == 69 && program.output.hasSuffix(told), "\(command): \(program.output)")
        }
    }

    @Test func `a process that cannot listen names the address, and one without its files names them`() async throws {
        let redis = try RedisServer()
        defer { redis.kill() }
        let place = ["--redis-url", "redis://127.0.0.1:\(redis.port)"]
        let taken = ["--port", "\(redis.port)", "--admin-port", "0"]
        for options in [taken, ["--port", "0", "--admin-port", "\(redis.port)"]] {
            let busy = try await TallySystem.run(["serve"] + place + options)
            #expect(busy.code == 69 && busy.output.contains("cannot listen on 127.0.0.1:\(redis.port)"), "\(busy)")
            #expect(busy.output.hasSuffix(": address already in use\n"), "\(busy)")
        }
        let files = ["--http-certificate-file", "/nowhere/a.pem", "--http-key-file", "/nowhere/b.pem", "--port", "0"]
        let unread = try await TallySystem.run(["serve"] + place + files)
        #expect(unread.code == 64 && unread.output.contains("cannot read /nowhere/"), "\(unread)")
    }

    @Test(arguments: ["ledger", "payments", "distribute", "mixed"])
    func `a load with a setting that there is not does nothing`(load: String) async throws {
        let url = "http://127.0.0.1:\(try freePort())"
        let wrong = try await TallySystem.run(["load", load, "--url", url, "--nonsense", "5"])
        #expect(wrong.code == 64 && wrong.output.contains("unknown setting --nonsense"), "\(wrong)")
    }

    @Test func `a Redis with another password, and one that is none, are told apart`() async throws {
        var options = RedisServer.Options()
        options.users = ["user default off", "user tally on >secret ~* &* +@all"]
        let server = try RedisServer(options)
        defer { server.kill() }
        let url = "redis://tally:wrong@127.0.0.1:\(server.port)"
        let stranger = try await TallySystem.run(["keys", "list", "--redis-url", url])
        #expect(stranger.code == 69 && stranger.output.contains("does not let us in"), "\(stranger)")
        #expect(!stranger.output.contains("wrong@"))
        let unknown = try await TallySystem.run(["keys", "list", "--redis-url", "redis://no-such-host.invalid:1"])
        #expect(unknown == (69, "cannot reach Redis at no-such-host.invalid:1: no such host\n"))
    }

    @Test func `a service that is away is 69 for every load, and what cannot be used is 64 for every command`()
        async throws
    {
        let url = "http://127.0.0.1:\(try freePort())"
        for load in ["accept", "ledger", "payments", "distribute --no-check", "coupons", "mixed"] {
            let words = ["load"] + load.split(separator: " ").map(String.init)
            let away = try await TallySystem.run(words + ["--url", url])
            #expect(away.code == 69 && away.output.contains("Cannot connect to \(url): connection refused"), "\(away)")
            let wrong = try await TallySystem.run(words + ["--url", "ftp://x"])
            #expect(wrong.code == 64 && wrong.output.contains("--url must look like"), "\(wrong)")
        }
        for command in Self.commands {
            let words = command.split(separator: " ").map(String.init)
            let wrong = try await TallySystem.run(words + ["--redis-url", "ftp://x"])
            #expect(wrong.code == 64, "\(command): \(wrong)")
        }
        let faucet = try await TallySystem.run(["audit", "faucet", "--redis-url", "redis://127.0.0.1:1"])
        #expect(faucet.code == 64 && faucet.output.contains("no node to ask"), "\(faucet)")
    }

    /// Words before a program: root may read everything, so both run as somebody else, who may not find the binary.
    private static func asNobody(_ program: String, _ arguments: [String]) -> [String] {
        guard geteuid() == 0 else { return [program] + arguments }
        let user = "setpriv --pdeathsig TERM --reuid 65534 --regid 65534 --clear-groups"
        return ["/bin/sh", "-c", "exec 9<\"$0\"; exec \(user) /proc/self/fd/9 \"$@\"", program] + arguments
    }

    /// No other process of the same user reads the memory of one that serves, or what it was started with.
    @Test func `a process that serves shows its memory to nobody`() async throws {
        func start(_ program: String, _ arguments: String...) throws -> Program {
            let words = Self.asNobody(program, arguments)
            let environment = ["SEEN_WORD": "seen", "TALLY_PORT": "0", "TALLY_ADMIN_PORT": "0"]
            return try Program(words[0], Array(words.dropFirst()), environment: environment)
        }
        func read(_ pid: Int32) async throws -> String {
            let reader = try start("/bin/cat", "/proc/\(pid)/environ")
            try await reader.end(within: .seconds(60))
            return reader.output
        }
        let open = try start("/bin/sleep", "60")
        try await eventually("a process without secrets is read") {
            try await read(open.pid).contains("SEEN_WORD=seen")
        }
        let serving = try start(TallySystem.executable, "serve", "--redis-url", "redis://127.0.0.1:1")
        try await eventually("it serves") { serving.output.contains("Redis connection failed") }
        #expect(try await read(serving.pid).contains("Permission denied"))
        await open.stop()
        await serving.stop()
    }
}

import Foundation
import NIOCore
import RESP
import Redis
import Support
import Testing

/// Every class of refusal, produced by a real server.
@Suite struct `Refusals` {
    @Test func `out of memory`() async throws {
        let refusal = try await self.refusal(of: RedisCommand("SET", .key(freshKey()), "x"), ["--maxmemory", "100kb"])
        #expect(refusal?.kind == .outOfMemory)
        #expect(refusal?.hadNoEffect == true)
    }

    @Test func `out of memory in a script`() async throws {
        var options = RedisServer.Options()
        options.arguments = ["--maxmemory", "100kb"]
        let server = try RedisServer(options)
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            let script = RedisScript("write", source: Array("return redis.call('SET', KEYS[1], 'x')".utf8))
            let key = freshKey()
            let error = await redis.outcome(RedisScriptCall(script, keys: [key])).failure
            #expect(error?.refusal == .outOfMemory)
            #expect(error?.hadNoEffect == true)
            #expect(try await redis.ask("EXISTS", .key(key)).integerValue == 0)
        }
    }

    @Test func `too few replicas`() async throws {
        let command = RedisCommand("SET", .key(freshKey()), "x")
        #expect(try await self.refusal(of: command, ["--min-replicas-to-write", "1"])?.kind == .noReplicas)
    }

    @Test func `no permission, and no echo of what was not permitted`() async throws {
        var options = RedisServer.Options()
        options.users = ["user default off", "user limited on >pw ~* -@all +ping +client|setname +get"]
        let server = try RedisServer(options)
        defer { server.kill() }
        let configuration = try RedisConfiguration(url: "redis://limited:pw@127.0.0.1:\(server.port)")
        try await withNode(configuration) { (redis: RedisNode) async throws in
            let error = await redis.outcome(RedisCommand("SET", .key(freshKey()), "x")).failure
            #expect(error?.refusal == .noPermission)
            #expect(error?.hadNoEffect == true)
        }
    }

    @Test func `wrong type, unknown script, aborted transaction, unknown command`() async throws {
        try await withNode(.shared) { (redis: RedisNode) async throws in
            let key = freshKey()
            #expect(try await redis.ask("SET", .key(key), "x") == .status("OK"))
            #expect(await redis.outcome(RedisCommand("INCR", .key(key))).failure?.refusal == .other)
            #expect(await redis.outcome(RedisCommand("LPUSH", .key(key), "x")).failure?.refusal == .wrongType)
            let digest = String(repeating: "0", count: 40)
            #expect(await redis.outcome(RedisCommand("EVALSHA", .text(digest), 0)).failure?.refusal == .noScript)
            let transaction = await redis.send([RedisCommand("MULTI"), RedisCommand("SET"), RedisCommand("EXEC")])
            #expect(transaction.map { $0.failure?.refusal } == [nil, .other, .execAborted])

            guard case .refused(let refusal) = await redis.outcome(RedisCommand("XAUTH", "user", "secret")).failure
            else { return #expect(Bool(false), "an unknown command was taken") }
            #expect(refusal.message == "ERR unknown command 'XAUTH'")
        }
    }

    @Test func `a disk that fails`() async throws {
        var options = RedisServer.Options()
        options.arguments = ["--save", "3600 1"]
        let server = try RedisServer(options)
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            #expect(try await redis.ask("SET", "before", "x") == .status("OK"))
            try FileManager.default.removeItem(at: server.folder.url)
            #expect(try await redis.ask("BGSAVE").string != nil)
            try await eventually("the save has failed") {
                try await redis.ask("INFO", "persistence").string?.contains("rdb_last_bgsave_status:err") == true
            }
            let error = await redis.outcome(RedisCommand("SET", .key(freshKey()), "x")).failure
            #expect(error?.refusal == .misconfigured)
            #expect(error?.hadNoEffect == true)
            #expect(try await redis.ask("GET", "before").string == "x")
        }
    }

    /// Refused at once on an event loop; repeated for a task until it goes through.
    @Test func `a script that runs on`() async throws {
        var options = RedisServer.Options()
        options.arguments = ["--busy-reply-threshold", "20"]
        let server = try RedisServer(options)
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            let endless = redis.privateConnection(name: "endless")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await endless.run() }
                defer { group.cancelAll() }
                try await eventually { endless.isReady }
                async let killed = endless.outcome(
                    RedisCommand("EVAL", "while true do end", 0).blocking(for: .seconds(20))
                )
                try await eventually("Redis is busy") {
                    await redis.onLoop(RedisCommand("GET", "x")).failure?.refusal == .busy
                }
                async let patient = redis.outcome(RedisCommand("ECHO", "patient"), within: .seconds(20))
                #expect(try await redis.ask("SCRIPT", "KILL") == .status("OK"))
                #expect(try await patient.get().string == "patient")
                #expect(await killed.failure?.refusal == .other)
            }
        }
    }

    @Test func `a Redis that loads its data`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await withNode(RedisConfiguration(url: server.url)) { (redis: RedisNode) async throws in
            #expect(try await redis.ask("DEBUG", "POPULATE", 600) == .status("OK"))
            #expect(try await redis.ask("CONFIG", "SET", "key-load-delay", 2000) == .status("OK"))
            #expect(
                try await redis.ask("CONFIG", "SET", "loading-process-events-interval-bytes", 1024) == .status("OK")
            )
            let admin = redis.privateConnection(name: "admin")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await admin.run() }
                defer { group.cancelAll() }
                try await eventually { admin.isReady }
                async let reloaded = admin.outcome(RedisCommand("DEBUG", "RELOAD").blocking(for: .seconds(30)))
                try await eventually("Redis loads") {
                    await redis.onLoop(RedisCommand("GET", "x")).failure?.refusal == .loading
                }
                #expect(await redis.outcome(RedisCommand("ECHO", "patient"), within: .seconds(30)).failure == nil)
                #expect(await reloaded.failure == nil)
            }
        }
    }

    /// The connection is replaced, because the next one may reach the new primary.
    @Test func `a replica, and its promotion`() async throws {
        var options = RedisServer.Options()
        options.arguments = ["--replicaof", "127.0.0.1 1"]
        let server = try RedisServer(options)
        defer { server.kill() }
        let logs = CapturedLogs()
        try await withNode(RedisConfiguration(url: server.url), logs: logs) { (redis: RedisNode) async throws in
            let key = freshKey()
            #expect(await redis.onLoop(RedisCommand("SET", .key(key), "x")).failure?.refusal == .readOnly)
            try await eventually("the connection is given up") {
                logs.lines.contains { $0.text.contains("cause=demoted") }
            }
            async let written = redis.outcome(RedisCommand("SET", .key(key), "y"), within: .seconds(20))
            try await eventually { await redis.outcome(RedisCommand("REPLICAOF", "NO", "ONE")).failure == nil }
            #expect(try await written.get() == .status("OK"))
            #expect(try await redis.ask("GET", .key(key)).string == "y")
        }
    }

    @Test(arguments: [
        ("OOM command not allowed", RedisRefusal.Kind.outOfMemory, true),
        ("MOVED 3999 127.0.0.1:6381", .moved, true), ("ASK 3999 127.0.0.1:6381", .ask, true),
        ("TRYAGAIN Multiple keys", .tryAgain, true), ("CLUSTERDOWN The cluster is down", .clusterDown, true),
        ("UNBLOCKED force unblock from blocking operation, instance state changed", .unblocked, true),
        ("ERR WAIT cannot be used with replica instances. Please also note", .notPrimary, true),
        ("ERR WAITAOF cannot be used with replica instances.", .notPrimary, true),
        ("CROSSSLOT Keys in request don't hash to the same slot", .crossSlot, true),
        ("MASTERDOWN Link with MASTER is down", .masterDown, true), ("BUSYGROUP Consumer Group", .other, false),
        ("NOPERM no permissions script: 1, on @user_script:1.", .noPermission, false), ("", .other, false),
        ("ERR syntax error", .other, false), ("oom", .other, false),
    ])
    func `the first word is the class`(text: String, kind: RedisRefusal.Kind, hadNoEffect: Bool) {
        #expect(RedisRefusal(text).kind == kind)
        #expect(RedisRefusal(text).hadNoEffect == hadNoEffect)
    }

    @Test(arguments: [
        "READONLY You", "UNBLOCKED force", "ERR WAIT cannot be used with replica instances", "LOADING Redis",
        "MASTERDOWN Link",
    ])
    func `what a demoted server says is no defect, passes, and asks for another connection`(text: String) {
        let refusal = RedisRefusal(text)
        #expect(!refusal.isDefect && refusal.isTransient && refusal.hadNoEffect && refusal.asksForNewConnection)
        var machine = ConnectionMachine<Int>.ready()
        for ticket in 1...2 { #expect(machine.send(ticket, deadline: .later) == .write) }
        machine.flushed()
        #expect(machine.replied(refusal) == .deliver(1))
        #expect(machine.send(3, deadline: .later) == .reject(.notSent(.demoted)))
        #expect(machine.replied() == .deliverAndClose(2, .demoted))
    }

    @Test(arguments: ["WRONGTYPE Operation", "CROSSSLOT Keys", "ERR syntax error", ""])
    func `what no time mends is a defect`(text: String) {
        #expect(RedisRefusal(text).isDefect && !RedisRefusal(text).isTransient)
    }

    @Test func `what Redis says reaches a log escaped and cut`() {
        let refusal = RedisRefusal("ERR \r\n\u{1b}[31m\u{2028}é\\ " + String(repeating: "x", count: 1000))
        #expect(refusal.message.utf8.count <= 200)
        #expect(refusal.message.hasPrefix("ERR \\x0d\\x0a\\x1b[31m\\xe2\\x80\\xa8\\xc3\\xa9\\x5c xxx"))
        #expect(refusal.message.utf8.allSatisfy { 0x20..<0x7f ~= $0 })
    }

    private func refusal(of command: RedisCommand, _ arguments: [String]) async throws -> RedisRefusal? {
        var options = RedisServer.Options()
        options.arguments = arguments
        let server = try RedisServer(options)
        defer { server.kill() }
        return try await withNode(RedisConfiguration(url: server.url)) { redis in
            guard case .refused(let refusal) = await redis.outcome(command).failure else { return nil }
            return refusal
        }
    }
}

import NIOCore
import ServiceLifecycle
import Support
import Testing
import Web

/// Listeners that have as many connections as they may.
@Suite struct ConnectionRoomTests {
    @Test func `the most dispensable go first, the oldest of them, and a quarter at most`() {
        let second: UInt64 = 1_000_000_000
        let now = 100 * second
        let all: [SpareConnection?] = [
            SpareConnection(.served, since: 10 * second), nil, SpareConnection(.silent, since: 60 * second),
            SpareConnection(.unread, since: 20 * second), SpareConnection(.silent, since: 50 * second),
            SpareConnection(.slow, since: 30 * second), SpareConnection(.silent, since: now), nil,
            SpareConnection(.slow, since: now - second / 2), nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil,
        ]
        #expect(SpareConnection.chosen(all, at: now) == [4, 2, 5, 0, 3])
        #expect(SpareConnection.chosen(Array(all.prefix(8)), at: now) == [4, 2])
        #expect(SpareConnection.chosen([all[6], all[8], nil], at: now) == [])
        #expect(SpareConnection.chosen([], at: now) == [])
    }

    @Test(arguments: [
        "", "GET /plain HTTP/1.1\r\nHo", "PRI * HT", get("/hot?now"),
        get("/echo", "Content-Length: 10\r\n", method: "POST"),
    ])
    func `connections that only wait give way to others, and one that is at work does not`(first: String) async throws {
        try await withServer(limits { $0.connectionLimit = 16 }) { port, hot, _ in
            let working = try await RawConnection.open(port: port)
            try await working.send(get("/hot?held"))
            try await eventually { hot.heldCount == 1 }
            var waiting: [RawConnection] = []
            for _ in 0..<40 {
                let connection = try await RawConnection.open(port: port)
                try await connection.send(first)
                waiting.append(connection)
            }
            for _ in 0..<3 {
                let other = try await RawConnection.open(port: port)
                try await other.send(get("/plain", "Connection: close\r\n"))
                #expect(statuses(try await other.readToEnd()) == [200])
            }
            #expect(waiting.contains { $0.isEnded })
            #expect(!working.isEnded)
            hot.release()
            #expect(statuses(try await working.read { $0.hasSuffix("hot") }) == [200])
            for connection in waiting + [working] { connection.close() }
        }
    }

    @Test func `a client that never reads its answer is sent away`() async throws {
        try await withServer(limits { $0.idleTimeout = .milliseconds(300) }) { port, _, _ in
            let client = try await RawConnection.open(port: port)
            try await client.pauseReading()
            // More than the kernel keeps for both sides.
            try await client.send(String(repeating: get("/long"), count: 10))
            // Bytes that are sent to a closed connection are reset, which is heard without reading.
            try await eventually {
                do { try await client.send(get("/hot?now")) } catch { return true }
                return client.isEnded
            }
            #expect(client.received.utf8.count < 80_000_000)
        }
    }

    @Test func `a request that comes as the server stops is answered`() async throws {
        try await withServer { port, hot, group in
            let early = try await RawConnection.open(port: port)
            try await early.send(get("/hot?held"))
            try await eventually { hot.heldCount == 1 }
            let late = try await RawConnection.open(port: port)
            await group.triggerGracefulShutdown()
            try await late.send(get("/plain"))
            #expect(statuses(try await late.readToEnd()) == [200])
            hot.release()
            #expect(statuses(try await early.readToEnd()) == [200])
        }
    }

    @Test func `whoever gets a connection while a server stops gets an answer, too`() async throws {
        for _ in 0..<5 {
            try await withServer { port, _, group in
                let answers = try await withThrowingTaskGroup(of: [Int]?.self) { clients in
                    for _ in 0..<8 {
                        clients.addTask {
                            // Refused: nothing happened, and a proxy asks another instance.
                            guard let client = try? await RawConnection.open(port: port) else { return nil }
                            try await client.send(get("/hot?now", "Connection: close\r\n"))
                            return statuses(try await client.readToEnd())
                        }
                    }
                    var answers: [[Int]] = []
                    while let answer = try await clients.next() {
                        guard let answer else { continue }
                        answers.append(answer)
                        if answers.count == 100 { await group.triggerGracefulShutdown() }
                        clients.addTask {
                            guard let client = try? await RawConnection.open(port: port) else { return nil }
                            try await client.send(get("/hot?now", "Connection: close\r\n"))
                            return statuses(try await client.readToEnd())
                        }
                    }
                    return answers
                }
                #expect(answers.count >= 100)
                #expect(answers.allSatisfy { $0 == [200] })
            }
        }
    }
}

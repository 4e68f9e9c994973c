import Metrics
import NIOCore
import NIOEmbedded
import RESP
import Redis
import Testing

/// The handler on a channel without a network, where every write can be counted.
@Suite struct `Redis channel handler` {
    @Test func `all commands of one turn leave in one write`() throws {
        let wire = try Wire()
        var replies: [RESPValue] = []
        for number in 0..<64 {
            let error = wire.handler.send(
                .command(RedisCommand("ECHO", .integer(number))),
                deadline: .now + .seconds(60)
            ) {
                replies.append((try? $0.get()) ?? .null)
            }
            #expect(error == nil)
        }
        #expect(try wire.channel.readOutbound(as: ByteBuffer.self) == nil)
        wire.channel.embeddedEventLoop.run()
        let bytes = try #require(try wire.channel.readOutbound(as: ByteBuffer.self))
        #expect(bytes.readableBytesView.count { $0 == UInt8(ascii: "*") } == 64)
        #expect(try wire.channel.readOutbound(as: ByteBuffer.self) == nil)

        for number in 0..<64 { try wire.receive("$\(String(number).utf8.count)\r\n\(number)\r\n") }
        #expect(replies.map(\.integerValue) == (0..<64).map(Int64.init))
    }

    @Test func `what is sent from a completion leaves in the next write`() throws {
        let wire = try Wire()
        var second: RESPValue?
        _ = wire.handler.send(.command(RedisCommand("PING")), deadline: .now + .seconds(60)) { _ in
            _ = wire.handler.send(.command(RedisCommand("PING")), deadline: .now + .seconds(60)) {
                second = try? $0.get()
            }
        }
        wire.channel.embeddedEventLoop.run()
        try wire.receive("+PONG\r\n")
        wire.channel.embeddedEventLoop.run()
        try wire.receive("+AGAIN\r\n")
        #expect(second == .status("AGAIN"))
    }

    @Test func `the end tells the owner first, then each caller once`() throws {
        let wire = try Wire()
        var ends: [String] = []
        wire.owner.onClose = { ends.append("owner") }
        for number in 0..<3 {
            _ = wire.handler.send(.command(RedisCommand("PING")), deadline: .now + .seconds(60)) { outcome in
                if case .failure(let error) = outcome { ends.append("\(number) \(error)") }
            }
            if number == 1 { wire.channel.embeddedEventLoop.run() }
        }
        wire.channel.pipeline.fireChannelInactive()
        #expect(ends == ["owner", "0 outcome_unknown_closed", "1 outcome_unknown_closed", "2 not_sent_closed"])
        wire.channel.pipeline.fireChannelInactive()
        #expect(ends.count == 4)
    }

    /// TCP may connect a socket to itself, when nobody listens on a port that it may also connect from.
    @Test func `an echo of the greeting is no welcome`() throws {
        let wire = try Wire(welcome: "*1\r\n$4\r\nPING\r\n")
        #expect(!wire.owner.isWelcomed)
        #expect(wire.owner.cause == .malformedReply)
    }

    @Test func `a reply too many closes`() throws {
        let wire = try Wire()
        try wire.receive("+OK\r\n")
        #expect(wire.owner.cause == .unsolicitedReply)
    }

    @Test func `the password is in the greeting and the greeting is one write`() throws {
        let wire = try Wire()
        #expect(
            wire.greeting == "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$1\r\nn\r\n"
                + "*2\r\n$6\r\nSELECT\r\n$1\r\n4\r\n*1\r\n$4\r\nPING\r\n"
        )
    }

    private final class Owner: RedisChannelOwner {
        var cause: RedisError.Cause?
        var isWelcomed = false
        var onClose: () -> Void = {}

        func welcomed() { self.isWelcomed = true }
        func madeRoom(at now: Uptime) {}
        func closed(_ handler: RedisChannelHandler, because cause: RedisError.Cause, detail: String) {
            self.cause = cause
            self.onClose()
        }
    }

    private struct Wire {
        let channel = EmbeddedChannel()
        let owner = Owner()
        let handler: RedisChannelHandler
        let greeting: String

        init(welcome: String = "+OK\r\n+OK\r\n+OK\r\n+PONG\r\n") throws {
            let configuration = try RedisConfiguration(url: "redis://:pw@h/4")
            self.handler = RedisChannelHandler(
                configuration,
                greeting: Greeting(configuration, clientName: "n"),
                metrics: RedisMetrics(NOOPMetricsHandler.instance),
                eventLoop: self.channel.eventLoop,
                owner: self.owner
            )
            try self.channel.pipeline.syncOperations.addHandler(self.handler)
            self.channel.pipeline.fireChannelActive()
            self.greeting = String(buffer: try self.channel.readOutbound(as: ByteBuffer.self) ?? ByteBuffer())
            try self.receive(welcome)
        }

        func receive(_ text: String) throws { try self.channel.writeInbound(ByteBuffer(string: text)) }
    }
}

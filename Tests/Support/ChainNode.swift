package import Foundation
package import JSON
import NIOCore
import NIOPosix
import Synchronization

/// A real fallback chain of the tests' own: private port and folder, gone with the tests.
///
/// It ends with its last reference, which may be earlier than the end of the scope: `defer { chain.kill() }`.
/// node/README.md says what it does, and what a fault may be.
package final class ChainNode: Sendable {
    package enum Rules: String, Sendable, CaseIterable { case hardhat, geth }

    package enum Mining: Hashable, Sendable, CustomStringConvertible {
        case auto
        case interval(seconds: Double)
        /// Only by ``ChainNode/mine(_:)``.
        case manual

        package var description: String {
            switch self {
            case .auto: "auto"
            case .interval(let seconds): "interval:\(seconds)"
            case .manual: "manual"
            }
        }
    }

    package struct Options: Sendable {
        package var rules = Rules.hardhat
        package var mining = Mining.auto
        /// Whether blocks outlive ``kill()`` and ``stop()``; the pool and the faults never do.
        package var keepsBlocks = true
        package var chainID: UInt64 = 31_337
        /// The price of gas, fixed, in wei.
        package var gasPrice: UInt64?
        /// No base fee and no transactions of type 2.
        package var isLegacy = false
        /// More of the node's arguments, such as `--fee-cap 1`.
        package var arguments: [String] = []

        package init() {}
    }

    /// The answer to a call was an error.
    package struct Refusal: Error, Hashable, CustomStringConvertible {
        package let code: String
        package let message: String

        package init(code: String, message: String) {
            self.code = code
            self.message = message
        }

        package var description: String { "\(self.message) (\(self.code))" }
    }

    /// `node/`, and the Python in its environment.
    package static let source = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "node")
    package static let python = ChainNode.source.appending(path: ".venv/bin/python")

    package let folder: TemporaryFolder
    package let port: Int
    package let options: Options
    private let child = Mutex<ChildProcess?>(nil)
    private let starts = Mutex(0)

    /// Starts a node and waits until it answers.
    package init(_ options: Options = Options()) throws {
        self.folder = try TemporaryFolder("tally-chain")
        self.options = options
        self.port = try freePort()
        try self.start()
    }

    deinit { self.kill() }

    package var url: String { "http://127.0.0.1:\(self.port)" }
    package var identifier: Int32 { self.child.withLock { $0?.identifier ?? 0 } }

    /// Starts it again after ``kill()`` or ``stop()``, with the same port and data, and waits until it answers.
    package func start() throws {
        guard FileManager.default.isExecutableFile(atPath: Self.python.path) else {
            throw NeverHappened(description: "there is no \(Self.python.path): run scripts/setup")
        }
        let number = self.starts.withLock { starts in
            starts += 1
            return starts
        }
        let log = self.folder.url.appending(path: "log-\(number)")
        let program = ["-c", "exec \"$@\" >\"$0\" 2>&1", log.path, Self.python.path]
        let child = try ChildProcess("sh", program + self.arguments, directory: self.folder.url)
        self.child.withLock { $0 = child }
        for _ in 0..<30_000 {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            if text.contains("Chain is ready") { return }
            guard child.isRunning else { throw NeverHappened(description: "the chain ended:\n\(text)") }
            usleep(2000)
        }
        throw NeverHappened(description: "the chain did not start")
    }

    /// Ends it as an operator would.
    package func stop() { self.child.withLock(\.self)?.end(SIGTERM) }

    /// Ends it without warning.
    package func kill() { self.child.withLock(\.self)?.end(SIGKILL) }

    /// Freezes it: its sockets stay open and nobody answers.
    package func pause() { self.child.withLock(\.self)?.signal(SIGSTOP) }

    package func resume() { self.child.withLock(\.self)?.signal(SIGCONT) }

    /// The result of a call whose parameters are given as JSON: `call("eth_getBalance", #""0x…""#, #""latest""#)`.
    @discardableResult
    package func call(_ method: String, _ parameters: String...) async throws -> JSONValue {
        try await self.call(method, parameters: parameters)
    }

    package func call(_ method: String, parameters: [String]) async throws -> JSONValue {
        let list = parameters.joined(separator: ",")
        let body = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":[\#(list)]}"#
        guard case .object(let answer) = try JSONParser.parse(try await self.post(body)) else {
            throw NeverHappened(description: "\(method) was not answered by an object")
        }
        if case .object(let error) = answer["error"] {
            guard case .number(let code) = error["code"], case .string(let message) = error["message"] else {
                throw NeverHappened(description: "\(method) was refused with \(error)")
            }
            throw Refusal(code: code, message: message)
        }
        return answer["result"] ?? .null
    }

    /// Sends a body on a connection of its own, and returns the body of the answer.
    package func post(_ body: String) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: self.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let head = "POST / HTTP/1.1\r\nHost: chain\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        let answer = try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: head + body))
            var answer = ByteBuffer()
            for try await part in inbound { answer.writeImmutableBuffer(part) }
            return Array(answer.readableBytesView)
        }
        guard let start = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw NeverHappened(description: "the chain closed the connection without an answer")
        }
        return Array(answer[start.upperBound...])
    }

    private var arguments: [String] {
        var arguments = [
            Self.source.appending(path: "chain.py").path, "--port", "\(self.port)", "--faults", "--rules",
            self.options.rules.rawValue, "--mining", "\(self.options.mining)", "--chain-id",
            "\(self.options.chainID)",
        ]
        if self.options.keepsBlocks { arguments += ["--data", self.folder.url.appending(path: "data").path] }
        if let gasPrice = self.options.gasPrice { arguments += ["--gas-price", "\(gasPrice)"] }
        if self.options.isLegacy { arguments.append("--legacy") }
        return arguments + self.options.arguments
    }
}

import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import Outbound
import Synchronization

/// A node that answers as its script says, and remembers what it was asked.
final class ScriptedNode: Sendable {
    struct Call: Sendable {
        let id: String
        let method: String
        let parameters: [JSONValue]
    }

    enum Reply: Sendable {
        /// The items of the answer to a batch, or the answer to a single call.
        case items([String])
        case http(Int, body: String, headers: [(String, String)] = [])
        /// Nothing, ever.
        case silence
        /// Half of an answer, and the connection's end.
        case half(String)
        /// The connection's end.
        case reset
        /// An answer of so many spaces.
        case bytes(Int)
    }

    struct Script: Sendable {
        var chainID: UInt64 = 31337
        var genesis = ScriptedNode.hash(0xA)
        var head: UInt64 = 100
        /// The member of an answer's object that a method has: `"result":…` or `"error":…`.
        var members: [String: String] = [:]
        /// Overrides everything for batches that it answers.
        var reply: (@Sendable ([Call], Script) -> Reply?)?

        func item(_ call: Call) -> String {
            "{\"jsonrpc\":\"2.0\",\"id\":\(call.id),\(self.member(call))}"
        }

        private func member(_ call: Call) -> String {
            if let member = self.members[call.method], !call.isGenesis { return member }
            switch call.method {
            case "eth_chainId": return "\"result\":\"0x\(String(self.chainID, radix: 16))\""
            case "eth_getBlockByNumber":
                if call.isGenesis { return "\"result\":\(ScriptedNode.block(0, hash: self.genesis))" }
                return "\"result\":\(ScriptedNode.block(self.head, hash: ScriptedNode.hash(self.head)))"
            case "eth_sendRawTransaction": return "\"result\":\"\(ScriptedNode.hash(0xFEED))\""
            case "eth_getTransactionCount": return "\"result\":\"0x7\""
            case "eth_getBalance": return "\"result\":\"0xde0b6b3a7640000\""
            case "eth_gasPrice": return "\"result\":\"0x3b9aca00\""
            default: return "\"error\":{\"code\":-32601,\"message\":\"the method \(call.method) does not exist\"}"
            }
        }
    }

    let port: Int
    private let listener: any Channel
    fileprivate let memory: Memory

    fileprivate final class Memory: Sendable {
        let script: Mutex<Script>
        let batches = Mutex<[[Call]]>([])

        init(_ script: Script) { self.script = Mutex(script) }
    }

    init(port: Int = 0, _ change: (inout Script) -> Void = { _ in }) async throws {
        var script = Script()
        change(&script)
        let memory = Memory(script)
        self.memory = memory
        self.listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(NodeHandler(memory))
                }
            }
            .bind(host: "127.0.0.1", port: port)
            .get()
        self.port = self.listener.localAddress?.port ?? 0
    }

    deinit { self.listener.close(promise: nil) }

    func stop() async throws { try await self.listener.close() }

    var endpoint: Endpoint { get throws { try Endpoint(trusted: "http://127.0.0.1:\(self.port)/secret-path") } }

    func change(_ change: (inout Script) -> Void) { self.memory.script.withLock { change(&$0) } }

    /// Every batch so far, oldest first.
    var batches: [[Call]] { self.memory.batches.withLock { $0 } }

    /// The calls of a method so far, in the order they were sent.
    func calls(_ method: String) -> [Call] { self.batches.joined().filter { $0.method == method } }

    func forget() { self.memory.batches.withLock { $0 = [] } }

    static func hash(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: 64 - digits.count) + digits
    }

    static func block(_ number: UInt64, hash: String, more: String = "") -> String {
        let parent = Self.hash(number == 0 ? 0 : number - 1)
        return "{\"number\":\"0x\(String(number, radix: 16))\",\"hash\":\"\(hash)\",\"parentHash\":\"\(parent)\","
            + "\"timestamp\":\"0x65000000\",\"baseFeePerGas\":\"0x3b9aca00\",\"transactions\":[\(more)]}"
    }
}

extension ScriptedNode.Call {
    var isGenesis: Bool { self.method == "eth_getBlockByNumber" && self.parameters.first == .string("0x0") }

    var isSending: Bool { self.method == "eth_sendRawTransaction" }

    var text: String {
        if case .string(let text) = self.parameters.first { text } else { "" }
    }

    fileprivate init?(_ value: JSONValue) {
        guard case .object(let members) = value, case .number(let id) = members["id"],
            case .string(let method) = members["method"], case .array(let parameters) = members["params"]
        else { return nil }
        self.init(id: id, method: method, parameters: parameters)
    }
}

extension [ScriptedNode.Call] {
    var isSending: Bool { self.contains(where: \.isSending) }
}

private final class NodeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let memory: ScriptedNode.Memory
    private var body: [UInt8] = []

    init(_ memory: ScriptedNode.Memory) { self.memory = memory }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head: self.body = []
        case .body(let bytes): self.body += bytes.readableBytesView
        case .end: self.answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        let value = (try? JSONParser.parse(self.body)) ?? .null
        let isBatch: Bool
        let calls: [ScriptedNode.Call]
        if case .array(let items) = value {
            (isBatch, calls) = (true, items.compactMap { ScriptedNode.Call($0) })
        } else {
            (isBatch, calls) = (false, [value].compactMap { ScriptedNode.Call($0) })
        }
        self.memory.batches.withLock { $0.append(calls) }
        let script = self.memory.script.withLock { $0 }
        switch script.reply?(calls, script) ?? .items(calls.map(script.item)) {
        case .items(let items):
            let text = items.joined(separator: ",")
            self.write(context, 200, isBatch ? "[\(text)]" : text)
        case .http(let status, let body, let headers): self.write(context, status, body, headers)
        case .silence: break
        case .half(let text):
            self.write(context, 200, text, [("content-length", "\(text.utf8.count * 2)")])
            context.close(promise: nil)
        case .reset: context.close(promise: nil)
        case .bytes(let count): self.write(context, 200, "[" + String(repeating: " ", count: count))
        }
    }

    private func write(
        _ context: ChannelHandlerContext,
        _ status: Int,
        _ body: String,
        _ headers: [(String, String)] = []
    ) {
        var fields = HTTPHeaders(headers)
        if !fields.contains(name: "content-length") { fields.add(name: "content-length", value: "\(body.utf8.count)") }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}

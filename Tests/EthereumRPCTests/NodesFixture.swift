import Ethereum
import EthereumRPC
import Logging
import Outbound
import Support
import Testing

/// Runs `body` with nodes that have been probed, and that are of the accepted chain.
///
/// Nothing probes them again: what a test wants to see it asks for.
func withNodes(
    _ nodes: [ScriptedNode],
    accepts: Bool = true,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ change: (inout RPCConfiguration) -> Void = { _ in },
    body: (EthereumNodes) async throws -> Void
) async throws {
    try await withNodes(at: try nodes.map { try $0.endpoint }, logger: logger, change) { ethereum in
        if accepts { ethereum.use(.test) }
        await ethereum.probe()
        for node in nodes { node.forget() }
        try await body(ethereum)
    }
}

/// Runs `body` with nodes that nobody has spoken to.
func withNodes(
    at endpoints: [Endpoint],
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ change: (inout RPCConfiguration) -> Void = { _ in },
    body: (EthereumNodes) async throws -> Void
) async throws {
    var configuration = RPCConfiguration(nodes: endpoints)
    // Long, so that only a test that waits for them meets them.
    configuration.callTimeout = .seconds(30)
    configuration.probeTimeout = .seconds(30)
    configuration.rules.shortestPause = .milliseconds(1)
    configuration.rules.longestPause = .milliseconds(1)
    change(&configuration)
    var limits = OutboundConfiguration(policy: try EndpointPolicy(allowing: []))
    limits.totalTimeout = .seconds(60)
    let outbound = OutboundClient(configuration: limits, logger: logger)
    let ethereum = EthereumNodes(configuration: configuration, outbound: outbound, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await outbound.run() }
        defer { group.cancelAll() }

        try await body(ethereum)
    }
}

/// The error that a call ends with, or `nil`.
func failure<Value>(_ call: () async throws(NodeError) -> Value) async -> NodeError? {
    do throws(NodeError) {
        _ = try await call()
        return nil
    } catch {
        return error
    }
}

extension ChainIdentity {
    /// The chain of a scripted node whose script says nothing else.
    static var test: ChainIdentity { .numbered(0xA) }

    static func numbered(_ genesis: UInt64, id: UInt64 = 31337) -> ChainIdentity {
        ChainIdentity(id: id, genesis: Hash32(numbered: genesis))
    }
}

extension Hash32 {
    init(numbered number: UInt64) {
        var bytes = [UInt8](repeating: 0, count: 32)
        for place in 0..<8 { bytes[31 - place] = UInt8(truncatingIfNeeded: number >> UInt64(8 * place)) }
        guard let hash = Hash32(bytes: bytes) else { preconditionFailure("32 bytes are a hash") }
        self = hash
    }
}

extension EthereumNodes {
    /// The chain of scripted nodes.
    var test: ChainClient { self.client(of: .test) }
}

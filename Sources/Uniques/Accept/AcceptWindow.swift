import Coordination
import Metrics
import NIOCore
import NIOHTTP1
import RESP
import Redis
import Web

/// All that requests of one window have in common, made once: the fixed parts of the script call and of the answers.
///
/// Belongs to one event loop.
final class AcceptWindow {
    let start: ServerTime
    let isNew: PreparedAnswer
    let isKnown: PreparedAnswer
    private let configuration: UniquesConfiguration
    private let fixedKeys: ByteBuffer
    private let fixedArguments: ByteBuffer
    private let idPrefix: String
    private let routingKey: String

    init(_ start: ServerTime, _ configuration: UniquesConfiguration, timer: Metrics.Timer) {
        self.start = start
        self.configuration = configuration
        self.routingKey = UniquesKeys.count(start)
        var keys = ByteBuffer()
        keys.writeBulk(self.routingKey)
        keys.writeBulk(UniquesKeys.closed(start))
        self.fixedKeys = keys
        self.idPrefix =
            configuration.store == .setnx ? UniquesKeys.idPrefix(start) : UniquesKeys.setPrefix(start)
        let end = start.advanced(byMilliseconds: configuration.windowMilliseconds)
        // Single ids must outlast the last moment at which the window takes one.
        let expires = end.advanced(byMilliseconds: configuration.graceMilliseconds + 1000)
        let keep = end.advanced(byMilliseconds: configuration.unclosedMilliseconds)
        var arguments = ByteBuffer()
        arguments.writeBulk(Int(start.milliseconds))
        arguments.writeBulk(Int(configuration.windowMilliseconds))
        arguments.writeBulk(Int(configuration.graceMilliseconds))
        arguments.writeBulk(Int(expires.milliseconds))
        arguments.writeBulk(Int(keep.milliseconds))
        arguments.writeBulk(configuration.store.rawValue)
        self.fixedArguments = arguments
        let answer = { (unique: String) in
            PreparedAnswer(
                .ok,
                fields: AcceptAnswer.fields + [("x-unique", unique), ("x-unique-minute", start.rfc3339)],
                body: "ok",
                timer: timer
            )
        }
        self.isNew = answer("1")
        self.isKnown = answer("0")
    }

    /// The script call for a batch of ids of this window.
    func call(_ ids: some Collection<Int64>) -> RedisScriptCall {
        var tail = ByteBufferAllocator().buffer(capacity: 512 + ids.count * 72)
        let keyCount: Int
        switch self.configuration.store {
        case .setnx, .set: keyCount = 2 + ids.count
        case .hll: keyCount = 3
        }
        tail.writeBulk(keyCount)
        tail.writeImmutableBuffer(self.fixedKeys)
        switch self.configuration.store {
        case .setnx: for id in ids { self.writeKey(id, to: &tail) }
        case .set:
            let shards = Int64(self.configuration.shards)
            for id in ids { self.writeKey((id % shards + shards) % shards, to: &tail) }
        case .hll: tail.writeBulk(UniquesKeys.sketch(self.start))
        }
        tail.writeImmutableBuffer(self.fixedArguments)
        var argumentCount = 1 + keyCount + 6
        if self.configuration.store != .setnx {
            for id in ids { tail.writeBulk(Int(id)) }
            argumentCount += ids.count
        }
        return RedisScriptCall(
            .uniquesAccept,
            routingKey: self.routingKey,
            argumentCount: argumentCount,
            tail: tail
        )
    }

    private func writeKey(_ number: Int64, to buffer: inout ByteBuffer) {
        let digits = String(number)
        buffer.writeStaticString("$")
        buffer.writeString(String(self.idPrefix.utf8.count + digits.utf8.count))
        buffer.writeStaticString("\r\n")
        buffer.writeString(self.idPrefix)
        buffer.writeString(digits)
        buffer.writeStaticString("\r\n")
    }
}

/// The parts that all answers of the accept route share.
enum AcceptAnswer {
    static let path = "/api/verve/accept"
    static let fields = [
        (name: "content-type", value: "text/plain; charset=utf-8"), (name: "cache-control", value: "no-store"),
    ]
}

extension RedisScript {
    static let uniquesAccept = RedisScript("uniques_accept", source: PackageResources.uniques_accept_lua)
}

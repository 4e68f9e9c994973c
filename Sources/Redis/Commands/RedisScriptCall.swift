package import NIOCore
import RESP

/// A script with its keys and arguments.
///
/// All keys share one hash tag, so that the call can run on one node of many, unless it says otherwise.
package struct RedisScriptCall: Sendable {
    package let script: RedisScript
    /// A key of the call, or `nil` for a script without keys.
    package let routingKey: String?
    /// The words after the script: the number of keys, the keys, the arguments.
    package let argumentCount: Int
    /// The same words as bulks.
    package let tail: ByteBuffer

    /// `spansTags` is for the few scripts that need one Redis for keys of several tags.
    package init(_ script: RedisScript, keys: [String], arguments: [RedisArgument] = [], spansTags: Bool = false) {
        assert(
            spansTags || keys.allSatisfy { RedisKey.hashTag(of: $0) == RedisKey.hashTag(of: keys[0]) },
            "\(script.name): keys of more than one hash tag"
        )
        var tail = ByteBufferAllocator().buffer(capacity: 64 + (keys.count + arguments.count) * 32)
        tail.writeBulk(keys.count)
        for key in keys { tail.writeBulk(key) }
        for argument in arguments { tail.writeBulk(argument) }
        self.init(
            script,
            routingKey: keys.first,
            argumentCount: 1 + keys.count + arguments.count,
            tail: tail
        )
    }

    /// For callers that write the words themselves, to save a string for each.
    ///
    /// `tail` holds `argumentCount` bulks: the number of keys, the keys, the arguments. The caller answers for the
    /// one hash tag.
    package init(_ script: RedisScript, routingKey: String?, argumentCount: Int, tail: ByteBuffer) {
        self.script = script
        self.routingKey = routingKey
        self.argumentCount = argumentCount
        self.tail = tail
    }

    /// The command that runs it.
    package enum Form: Hashable, Sendable {
        /// By its digest: some 40 bytes. A server that does not know it gets the source next.
        case evalsha
        /// By its digest; that the server does not know it is an error.
        case evalshaOnly
        /// By its source, which the server then keeps.
        case eval
    }

    /// Appends the whole command.
    package func write(_ form: Form, to buffer: inout ByteBuffer) {
        buffer.writeArrayHeader(2 + self.argumentCount)
        buffer.writeImmutableBuffer(form == .eval ? self.script.evalHead : self.script.evalshaHead)
        buffer.writeImmutableBuffer(self.tail)
    }
}

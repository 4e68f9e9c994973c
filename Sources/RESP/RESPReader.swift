private import CHiredis
package import NIOCore

/// An incremental RESP2 parser: bytes go in as they arrive, whole replies come out.
///
/// hiredis parses and keeps the unread bytes; its callbacks build Swift values, so no tree of C objects is made. This
/// type owns the hiredis reader: it cannot be copied, and it frees the reader once.
@safe
package struct RESPReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder: ReplyBuilder
    private let limits: RESPLimits

    package init(limits: RESPLimits = RESPLimits()) {
        self.init(builder: ReplyBuilder(limits: limits), limits: limits)
    }

    /// For tests that want to see the builder go.
    package init(builder: ReplyBuilder, limits: RESPLimits) {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        unsafe functions.initialize(to: .building)
        // NULL means that malloc failed for some hundred bytes, which no caller can mend.
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            preconditionFailure("hiredis: out of memory")
        }
        self.builder = builder
        self.limits = limits
        unsafe self.functions = functions
        unsafe self.reader = reader
        unsafe reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
        // The most that hiredis may keep of an empty buffer; `append` bounds the bytes in use.
        unsafe reader.pointee.maxbuf = min(limits.unreadBytes, 1 << 20)
    }

    deinit {
        // Calls back into the builder when a reply is half parsed: a property, so it is still there.
        unsafe redisReaderFree(self.reader)
        unsafe self.functions.deallocate()
    }

    /// Hands bytes to the parser, which copies them.
    ///
    /// Call ``next()`` until it is `nil` after each call: unread bytes are limited.
    package mutating func append(_ bytes: ByteBufferView) throws(RESPError) {
        let unread = unsafe self.reader.pointee.len - self.reader.pointee.pos
        guard unread + bytes.count <= self.limits.unreadBytes else { throw .limitExceeded(.unreadBytes) }
        let status = unsafe bytes.withUnsafeBytes {
            unsafe redisReaderFeed(self.reader, $0.baseAddress, $0.count)
        }
        try self.check(status)
    }

    /// The next whole reply, or `nil` until more bytes arrive.
    ///
    /// After an error every further call throws it again.
    package mutating func next() throws(RESPError) -> RESPValue? {
        var reply: UnsafeMutableRawPointer?
        try self.check(unsafe redisReaderGetReply(self.reader, &reply))
        guard unsafe reply != nil else { return nil }
        return self.builder.take()
    }

    private func check(_ status: CInt) throws(RESPError) {
        if status == REDIS_OK { return }
        if let limit = self.builder.violation { throw .limitExceeded(limit) }
        throw .malformed(unsafe String(cString: chiredis_reader_error(self.reader)))
    }
}

extension redisReplyObjectFunctions {
    /// Callbacks that fill a ``ReplyBuilder``.
    ///
    /// hiredis only asks that an object is not NULL: it gets the builder's own address back, which nobody frees.
    fileprivate static var building: redisReplyObjectFunctions {
        unsafe redisReplyObjectFunctions(
            createString: { task, text, count in
                guard let task = unsafe task, let text = unsafe text else { return nil }
                let builder = unsafe ReplyBuilder.of(task)
                guard builder.reserve(bytes: count) else { return nil }
                let bytes = unsafe UnsafeRawBufferPointer(start: text, count: count)
                let value: RESPValue =
                    switch unsafe task.pointee.type {
                    case REDIS_REPLY_STATUS: .status(unsafe String(decoding: bytes, as: UTF8.self))
                    case REDIS_REPLY_ERROR: .error(unsafe String(decoding: bytes, as: UTF8.self))
                    default: .bulk(unsafe ByteBuffer(bytes: bytes))
                    }
                return builder.add(value) ? unsafe task.pointee.privdata : nil
            },
            createArray: { task, count in
                guard let task = unsafe task else { return nil }
                return unsafe ReplyBuilder.of(task).open(count: Int(count)) ? task.pointee.privdata : nil
            },
            createInteger: { task, value in
                guard let task = unsafe task else { return nil }
                return unsafe ReplyBuilder.of(task).add(.integer(Int64(value))) ? task.pointee.privdata : nil
            },
            createNil: { task in
                guard let task = unsafe task else { return nil }
                return unsafe ReplyBuilder.of(task).add(.null) ? task.pointee.privdata : nil
            },
            freeObject: { object in
                guard let object = unsafe object else { return }
                unsafe Unmanaged<ReplyBuilder>.fromOpaque(object).takeUnretainedValue().reset()
            }
        )
    }
}

extension ReplyBuilder {
    /// The builder that ``RESPReader`` gave hiredis, and keeps alive for as long as hiredis calls.
    fileprivate static func of(_ task: UnsafePointer<redisReadTask>) -> ReplyBuilder {
        unsafe Unmanaged<ReplyBuilder>.fromOpaque(task.pointee.privdata).takeUnretainedValue()
    }
}

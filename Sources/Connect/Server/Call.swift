import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Web

/// One call whose head was read and found good.
struct Call: Sendable {
    let runner: CallRunner
    let terms: CallTerms
    let service: String
    let method: RPCMethod
    let request: Request
    let web: WebRequestContext
    let reading = RequestReading()
    var query: [(name: String, value: String)] = []

    /// Answers a unary Connect call whose body, or whose query, is its message.
    func bare(
        _ work: @escaping RPCMethod.UnaryWork,
        message: @escaping @Sendable () async throws -> [UInt8]
    ) async -> Response {
        let form = BareAnswer(
            codec: self.terms.form.codec,
            coding: self.terms.answerCoding,
            threshold: self.runner.configuration.compressionThreshold,
            isGet: self.request.method != .post
        )
        let limit = self.runner.configuration.messageLimit
        let unpacking: RPCMethod.UnaryWork = { packed, codec, context in
            let bytes = try self.terms.coding.unpacked(packed, limit: limit)
            try self.rule?.check(bytes)
            return try await work(bytes, codec, context)
        }
        switch await self.outcome(message, unpacking) {
        case .success(let encoded): return form.response(encoded)
        case .failure(let error): return self.last(BareAnswer.response(error))
        }
    }

    /// Answers a unary call of gRPC or gRPC-Web.
    func enveloped(_ work: @escaping RPCMethod.UnaryWork) async -> Response {
        switch await self.outcome({ try await self.source.single() }, work) {
        case .success(let encoded): self.answer.response(encoded)
        case .failure(let error): self.last(self.answer.response(error))
        }
    }

    /// Says so in an answer that is its connection's last.
    private func last(_ response: Response) -> Response {
        guard self.reading.endsConnection else { return response }
        var response = response
        response.headers[.connection] = "close"
        return response
    }

    /// Makes the whole answer of a costly call off the event loop: packing it takes its time, too.
    func apart(_ answer: @escaping @Sendable () async -> Response) async -> Response {
        guard self.method.isCostly else { return await answer() }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await answer() }
    }

    /// The body of a request that is one message.
    func collected() async throws -> [UInt8] {
        let limit = self.runner.configuration.messageLimit
        let packedLimit = self.terms.coding.packedLimit(limit)
        if let length = self.request.headers[.contentLength].flatMap({ Int($0) }), length > packedLimit {
            throw RPCError.tooLong(limit)
        }
        do {
            let body = try await self.reading.followed(self.request.body).collect(upTo: packedLimit)
            return Array(body.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw RPCError.tooLong(limit)
        } catch {
            throw RPCError.brokenOff(error)
        }
    }

    var source: MessageSource {
        let limit = self.runner.configuration.messageLimit
        return MessageSource(
            body: self.reading.followed(self.request.body),
            reader: EnvelopeReader(coding: self.terms.coding, limit: limit),
            rule: self.rule
        )
    }

    /// The rule for the call's messages, when they are in JSON.
    private var rule: JSONRule? {
        guard self.terms.form.codec == .json else { return nil }
        return JSONRule(rules: self.runner.rules, message: self.method.input)
    }

    var answer: EnvelopedAnswer {
        EnvelopedAnswer(
            form: self.terms.form,
            coding: self.terms.answerCoding,
            threshold: self.runner.configuration.compressionThreshold
        )
    }

    var context: RPCContext {
        RPCContext(
            service: self.service,
            method: self.method.name,
            headers: self.request.headers,
            caller: self.web.caller,
            requestID: self.web.requestID,
            traceparent: self.web.traceparent,
            timeout: self.terms.timeout,
            rpcProtocol: self.terms.form.rpcProtocol,
            httpMethod: self.request.method,
            query: self.query
        )
    }

    /// The error for the caller; an error that is not meant for it is logged, by type only.
    func told(_ error: any Error) -> RPCError {
        switch error {
        // The message had not come by then.
        case let error as RPCError where error.code == .deadlineExceeded && self.reading.endsConnection:
            return error.caused(by: .caller)
        case let error as RPCError: return error
        // The client has left, or was sent away.
        case is CancellationError, is ChannelError, is IOError: return .canceled
        default:
            self.web.logger.error("Unmapped error", metadata: ["error_type": "\(type(of: error))"])
            return .withoutReason
        }
    }

    func count(_ error: RPCError?) {
        self.runner.observer.count(
            service: self.service,
            method: self.method.name,
            rpcProtocol: self.terms.form.rpcProtocol,
            error: error
        )
    }

    private func outcome(
        _ message: @escaping @Sendable () async throws -> [UInt8],
        _ work: @escaping RPCMethod.UnaryWork
    ) async -> Result<RPCMethod.Encoded, RPCError> {
        do {
            let encoded = try await self.runner.limits.unary(
                timeout: self.terms.timeout,
                isCostly: self.method.isCostly,
                message: message
            ) {
                try await work($0, self.terms.form.codec, self.context)
            }
            self.count(nil)
            return .success(encoded)
        } catch {
            let error = self.told(error)
            self.count(error)
            return .failure(error)
        }
    }
}

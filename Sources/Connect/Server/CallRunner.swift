import HTTPTypes
import Hummingbird
import NIOCore
import Web

/// Carries out calls: from a request, over a method's handler, to an answer in the caller's protocol.
struct CallRunner: Sendable {
    let configuration: ConnectConfiguration
    let drain: DrainSignal
    let limits: CallLimits
    /// The rules for messages in JSON.
    let rules: JSONRules
    let observer = CallObserver()

    init(configuration: ConnectConfiguration, drain: DrainSignal, rules: JSONRules) {
        self.configuration = configuration
        self.drain = drain
        self.rules = rules
        self.limits = CallLimits(configuration)
    }

    func post(
        _ request: Request,
        _ web: WebRequestContext,
        _ service: String,
        _ method: RPCMethod
    ) async -> Response {
        guard let form = CallForm(contentType: request.headers[values: .contentType]),
            method.isUnimplemented || form.suits(isUnary: method.isUnary)
        else { return Self.unsupportedMediaType(method) }
        if let refusal = web.refusal { return self.refusal(.init(refusal), form, service, method) }
        if let objection = web.objection { return self.refusal(.init(objection), form, service, method) }
        let terms: CallTerms
        do { terms = try CallTerms(form, request.headers) } catch {
            return self.refusal(error, form, service, method)
        }
        let call = Call(runner: self, terms: terms, service: service, method: method, request: request, web: web)
        switch method.work {
        case .unimplemented: return self.refusal(.unimplemented(service, Self.asked(request)), form, service, method)
        case .unary(let work) where !form.isEnveloped:
            return await call.apart { await call.bare(work) { try await call.collected() } }
        case .unary(let work): return await call.apart { await call.enveloped(work) }
        case .stream(let work): return StreamCall(call, work).response
        }
    }

    func get(
        _ request: Request,
        _ web: WebRequestContext,
        _ service: String,
        _ method: RPCMethod
    ) async -> Response {
        if let refusal = web.refusal { return self.refusal(.init(refusal), .bareJSON, service, method) }
        let query: CallQuery
        let terms: CallTerms
        do {
            query = try CallQuery(request.uri.query)
            terms = try CallTerms(query, request.headers)
        } catch CallQuery.Failure.unknownEncoding {
            return Response(status: .unsupportedMediaType, headers: [.cacheControl: "no-store"])
        } catch CallQuery.Failure.malformed(let error) {
            return self.refusal(error, .bareJSON, service, method)
        } catch {
            return self.refusal(error as? RPCError ?? .withoutReason, .bareJSON, service, method)
        }
        guard case .unary(let work) = method.work else {
            return self.refusal(.unimplemented(service, Self.asked(request)), .bareJSON, service, method)
        }
        let call = Call(
            runner: self,
            terms: terms,
            service: service,
            method: method,
            request: request,
            web: web,
            query: query.parameters
        )
        return await call.apart { await call.bare(work) { query.message } }
    }

    /// The answer of a call that no handler sees.
    private func refusal(_ error: RPCError, _ form: CallForm, _ service: String, _ method: RPCMethod) -> Response {
        self.observer.count(service: service, method: method.name, rpcProtocol: form.rpcProtocol, error: error)
        guard form.isEnveloped else { return BareAnswer.response(error) }
        return EnvelopedAnswer(form: form, coding: .identity, threshold: 0).response(error)
    }

    /// The method that a caller asked for, when it is a name that a method can have.
    private static func asked(_ request: Request) -> String {
        let name = request.uri.path.split(separator: "/").last ?? ""
        let isName =
            (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        return isName ? String(name) : "what was asked for"
    }

    private static func unsupportedMediaType(_ method: RPCMethod) -> Response {
        let types = CallForm.contentTypes(isUnary: method.isUnary).joined(separator: ", ")
        // Connect has no error for this; people read it.
        let text = "Send one of these with -H 'Content-Type: …': \(types)\n"
        return Response(status: .unsupportedMediaType, text: text, fields: [.acceptPost: types])
    }
}

extension CallForm {
    static let bareJSON = CallForm(rpcProtocol: .connect, codec: .json, isEnveloped: false)
}

extension RPCError {
    /// A request that asks what no call can do, with `google.rpc.ErrorInfo`.
    fileprivate init(_ objection: Problem) {
        var info = Google_Rpc_ErrorInfo()
        info.domain = "tally"
        info.reason = objection.slug.uppercased().replacing("-", with: "_")
        let message = [objection.title, objection.detail].compactMap(\.self).joined(separator: ": ")
        self.init(.invalidArgument, message, details: [RPCDetail(info)])
    }

    /// The refusal of a caller without the right, in the words of Connect and gRPC, with `google.rpc.ErrorInfo`.
    fileprivate init(_ refusal: AccessRefusal) {
        let code: RPCCode
        var info = Google_Rpc_ErrorInfo()
        info.domain = "tally"
        switch refusal {
        case .keyMissing: (code, info.reason) = (.unauthenticated, "UNAUTHORIZED")
        case .keyInvalid: (code, info.reason) = (.unauthenticated, "UNAUTHORIZED")
        case .scopeMissing: (code, info.reason) = (.permissionDenied, "FORBIDDEN")
        case .unavailable: (code, info.reason) = (.unavailable, "DEPENDENCY_UNAVAILABLE")
        }
        let problem = refusal.problem
        var fields: HTTPFields = [:]
        fields[.wwwAuthenticate] = problem.challenge
        let message = [problem.title, problem.detail].compactMap(\.self).joined(separator: ": ")
        self.init(code, message, details: [RPCDetail(info)], headers: fields)
    }
}

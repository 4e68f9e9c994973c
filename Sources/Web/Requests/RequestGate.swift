package import HTTPTypes
package import NIOHTTP1

/// The rules that every request has to pass before any route sees it, as a pure function of its head.
package struct RequestGate: Sendable {
    package enum Verdict: Hashable, Sendable {
        case admit
        case refuse(Problem)
    }

    private let targetLimit: Int
    private let headerFieldLimit: Int
    private let headerListLimit: Int
    private let headerCountLimit: Int
    private let bodyLimit: Int
    private let allowedHosts: Set<String>

    package init(_ configuration: WebConfiguration) {
        self.targetLimit = configuration.targetLimit
        self.headerFieldLimit = configuration.headerFieldLimit
        self.headerListLimit = configuration.headerListLimit
        self.headerCountLimit = configuration.headerCountLimit
        self.bodyLimit = configuration.bodyLimit
        self.allowedHosts = configuration.allowedHosts
    }

    package func judge(_ head: HTTPRequestHead, _ survey: RequestSurvey) -> Verdict {
        if head.method == .CONNECT || head.method == .TRACE { return .refuse(.methodNotImplemented) }
        // HTTP/1.0 has no transfer codings; a length besides is how requests are smuggled (RFC 9112, section 6.1).
        let hasTwoFramings = survey.isChunked && (survey.contentLength != nil || head.version == .http1_0)
        if survey.hasUnknownFraming || hasTwoFramings { return .refuse(.malformedRequest) }
        return self.judge(target: head.uri, survey, mayLackHost: head.version == .http1_0)
    }

    /// The same for a request of HTTP/2, whose fields nobody has measured yet.
    package func judge(_ request: HTTPRequest, _ survey: RequestSurvey) -> Verdict {
        if request.method == .connect || request.method == .trace { return .refuse(.methodNotImplemented) }
        guard request.headerFields.count <= self.headerCountLimit else { return .refuse(.malformedRequest) }
        var listLength = 0
        for field in request.headerFields {
            let length = field.name.rawName.utf8.count + field.value.utf8.count
            listLength += length
            guard length <= self.headerFieldLimit, listLength <= self.headerListLimit else {
                return .refuse(.malformedRequest)
            }
        }
        return self.judge(target: request.path ?? "", survey, mayLackHost: false)
    }

    private func judge(target: String, _ survey: RequestSurvey, mayLackHost: Bool) -> Verdict {
        if let problem = self.problem(ofTarget: target) { return .refuse(problem) }
        guard self.isHostValid(survey, mayLackHost: mayLackHost) else { return .refuse(.hostInvalid) }
        if let length = survey.contentLength, length > self.bodyLimit { return .refuse(.payloadTooLarge) }
        if let expectation = survey.expectation, expectation.lowercased() != "100-continue" {
            return .refuse(.expectationFailed)
        }
        return .admit
    }

    /// A path is one spelling: `//`, a trailing `/` and dot segments name other paths, which do not exist.
    private func problem(ofTarget target: String) -> Problem? {
        guard target.utf8.count <= self.targetLimit else { return .targetTooLong }
        let bytes = target.utf8Span.span
        guard !bytes.isEmpty, bytes[0] == UInt8(ascii: "/") else {
            // An absolute form names a host of its own, which the Host header may contradict.
            return target.contains("://") ? .hostInvalid : .targetInvalid
        }
        var pathLength = bytes.count
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#") else { return .targetInvalid }
            if byte == UInt8(ascii: "?"), pathLength == bytes.count { pathLength = index }
        }
        var segmentLength = 0
        var dots = 0
        for index in 1..<max(pathLength, 1) {
            if bytes[index] == UInt8(ascii: "/") {
                if segmentLength == 0 || segmentLength == dots && dots <= 2 { return .notFound }
                segmentLength = 0
                dots = 0
            } else {
                segmentLength += 1
                if bytes[index] == UInt8(ascii: ".") { dots += 1 }
            }
        }
        if pathLength > 1, segmentLength == 0 || segmentLength == dots && dots <= 2 { return .notFound }
        return nil
    }

    private func isHostValid(_ survey: RequestSurvey, mayLackHost: Bool) -> Bool {
        // RFC 9112, section 3.2: exactly one, but HTTP/1.0 may leave it out.
        if survey.hosts == 0 { return mayLackHost }
        guard survey.hosts == 1, (1...255).contains(survey.host.utf8.count) else { return false }
        for byte in survey.host.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                continue
            default: return false
            }
        }
        return self.allowedHosts.isEmpty || self.allowedHosts.contains(Self.name(ofHost: survey.host))
    }

    /// The host without its port, lower case.
    private static func name(ofHost host: String) -> String {
        if host.hasPrefix("[") { return host.prefix { $0 != "]" }.lowercased() + "]" }
        return host.prefix { $0 != ":" }.lowercased()
    }
}

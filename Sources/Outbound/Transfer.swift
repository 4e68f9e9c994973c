/// One request on its way, and what has come back of it.
///
/// It decides and keeps; libcurl moves the bytes. Only the curl thread touches it.
package final class Transfer {
    /// How libcurl left a transfer, without its types.
    package enum End: Hashable, Sendable {
        case complete
        /// libcurl does not read the URL as we did.
        case invalid
        case unresolved
        case unreachable
        case tls
        case timedOut
        case reset
        case malformed
        /// One of our own callbacks ended it, for a reason that is kept here.
        case stopped
        case failed
    }

    package let id: UInt64
    package let request: OutboundRequest
    package let deadline: ContinuousClock.Instant
    /// Sockets that were not opened, and requests not sent on a kept connection, because the address is inside.
    package private(set) var blockedCount = 0
    private let policy: EndpointPolicy
    private let bodyLimit: Int
    private let headerLimit: Int
    /// Whether bytes of the request may have left.
    private var hasBegun = false
    private var isRefused = false
    private var isMalformed = false
    private var isBodyCut = false
    private var isHeaderDone = false
    private var status = 0
    private var headerSize = 0
    private var headers: [(name: String, value: String)] = []
    private var body: [UInt8] = []

    package init(
        id: UInt64,
        request: OutboundRequest,
        deadline: ContinuousClock.Instant,
        configuration: OutboundConfiguration
    ) {
        self.id = id
        self.request = request
        self.deadline = deadline
        self.policy = configuration.policy
        self.bodyLimit = request.bodyLimit ?? configuration.bodyLimit
        self.headerLimit = configuration.headerLimit
    }

    /// Whether a socket may be opened; `nil` stands for an address that is not an Internet address.
    package func mayConnect(to address: IPAddress?, port: Int) -> Bool {
        if self.isPermitted(address, port: port) { return true }
        self.blockedCount += 1
        return false
    }

    /// Whether the request may be sent on a connection, new or kept.
    ///
    /// A kept one may have been opened for a trusted endpoint of the same host and port, and lead inside.
    package func mayBegin(on address: IPAddress?, port: Int) -> Bool {
        guard self.isPermitted(address, port: port) else {
            self.blockedCount += 1
            self.isRefused = true
            return false
        }
        // libcurl repeats a request by itself when a kept connection breaks before it answered.
        if self.hasBegun, !self.request.isRepeatable { return false }
        self.hasBegun = true
        return true
    }

    /// Takes one line of the headers; `false` ends the transfer.
    package func received(header line: String) -> Bool {
        guard !self.isHeaderDone else { return true }
        self.headerSize += line.utf8.count
        guard self.headerSize <= self.headerLimit else {
            self.isMalformed = true
            return false
        }
        // One Unicode character: CR and LF are.
        let text = line.last == "\r\n" || line.last == "\n" ? line.dropLast() : line[...]
        if text.hasPrefix("HTTP/") {
            let fields = text.split(separator: " ", maxSplits: 2)
            self.status = fields.count > 1 ? Int(fields[1]) ?? 0 : 0
            self.headers = []
        } else if text.isEmpty {
            self.isHeaderDone = self.status >= 200
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            self.headers.append((text[..<colon].lowercased(), String(value)))
        }
        return true
    }

    /// Takes a piece of the body; `false` ends the transfer, because the limit is reached.
    package func received(body bytes: some Collection<UInt8>) -> Bool {
        let room = self.bodyLimit - self.body.count
        self.body.append(contentsOf: bytes.prefix(room))
        self.isBodyCut = bytes.count > room
        return !self.isBodyCut
    }

    /// The caller's result when the transfer has ended by itself.
    package func outcome(of end: End) -> Result<OutboundResponse, OutboundError> {
        if end == .complete || self.isBodyCut, (200...599).contains(self.status) {
            return .success(
                OutboundResponse(
                    status: self.status,
                    headers: self.headers,
                    body: self.body,
                    isBodyCut: self.isBodyCut
                )
            )
        }
        return .failure(self.failure(self.cause(of: end)))
    }

    /// The caller's error when a cause on our side ended the transfer.
    package func failure(_ cause: OutboundError.Cause) -> OutboundError {
        self.hasBegun ? .outcomeUnknown(cause) : .notSent(cause)
    }

    private func isPermitted(_ address: IPAddress?, port: Int) -> Bool {
        guard let address else { return false }
        let endpoint = self.request.endpoint
        return endpoint.isTrusted || self.policy.permits(address, port: port, for: endpoint.host)
    }

    private func cause(of end: End) -> OutboundError.Cause {
        if self.isMalformed { return .malformedResponse }
        if self.isRefused { return .blockedAddress }
        return switch end {
        case .complete, .malformed: .malformedResponse
        case .invalid: .invalidRequest
        case .unresolved: .unresolved
        case .unreachable: self.blockedCount > 0 ? .blockedAddress : .unreachable
        case .tls: .tls
        case .timedOut: .timedOut
        case .reset, .stopped: .reset
        case .failed: .internalFailure
        }
    }
}

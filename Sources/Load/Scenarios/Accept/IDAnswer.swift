/// The outcome of one attempt to have an id accepted.
package enum IDOutcome: Hashable, Sendable {
    /// `200` with the body `ok`: the id is counted. `window` is the start of the window it was counted in, and
    /// `isFirst` whether it was the first there, when the service told so.
    case acked(window: Int64?, isFirst: Bool?)
    /// Nobody knows whether the id is counted.
    case unknown(Doubt)
    /// The service answered what it never should.
    case failed(Fault)

    package enum Doubt: Hashable, Sendable, CustomStringConvertible {
        case status(Int)
        case closed
        case timedOut
        case stopped

        package var description: String {
            switch self {
            case .status(let status): "status \(status)"
            case .closed: "connection closed"
            case .timedOut: "no answer in time"
            case .stopped: "still running at the end"
            }
        }
    }

    package enum Fault: Hashable, Sendable, CustomStringConvertible {
        case status(Int)
        case body
        case header

        /// Whether the id may be counted nevertheless.
        package var mayHaveCounted: Bool {
            switch self {
            case .status(let status): status >= 500
            case .body, .header: true
            }
        }

        package var description: String {
            switch self {
            case .status(let status): "status \(status)"
            case .body: "200 without `ok`"
            case .header: "unreadable X-Unique or X-Unique-Minute"
            }
        }
    }
}

/// One answer while it is read.
package struct IDAnswer: Hashable, Sendable {
    /// Bytes of a body after which the connection is given up.
    package static let bodyLimit = 65536

    package let status: Int
    package let window: Int64?
    package let isFirst: Bool?
    package let hasGoodHeaders: Bool
    package let isKeepingAlive: Bool
    package private(set) var bodyLength = 0
    private var isOK = true

    package init(status: Int, window: Int64?, isFirst: Bool?, hasGoodHeaders: Bool = true, isKeepingAlive: Bool) {
        self.status = status
        self.window = window
        self.isFirst = isFirst
        self.hasGoodHeaders = hasGoodHeaders
        self.isKeepingAlive = isKeepingAlive
    }

    /// Takes a piece of the body.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        for byte in bytes.prefix(3) {
            let isExpected = self.bodyLength < 2 && byte == UInt8(ascii: self.bodyLength == 0 ? "o" : "k")
            self.isOK = self.isOK && isExpected
            self.bodyLength += 1
        }
        self.bodyLength += max(0, bytes.count - 3)
    }

    /// The outcome, once the answer is whole.
    package var outcome: IDOutcome {
        switch self.status {
        case 200 where !self.isOK || self.bodyLength != 2: .failed(.body)
        case 200 where !self.hasGoodHeaders: .failed(.header)
        case 200: .acked(window: self.window, isFirst: self.isFirst)
        case 502, 503, 504: .unknown(.status(self.status))
        default: .failed(.status(self.status))
        }
    }
}

/// A request: a question, or a change with or without a key.
package struct ExchangeRequest: Hashable, Sendable {
    package enum Body: Hashable, Sendable {
        case json(String)
        /// A message of a unary Connect call, and its content type.
        case connect([UInt8], type: String)
    }

    package struct Change: Hashable, Sendable {
        package let key: String?
        /// Makes it a POST; nil is a GET.
        package let body: Body?
        /// For `Prefer: durability=…`; nil sends none.
        package let durability: String?

        package init(key: String?, body: Body?, durability: String? = nil) {
            self.key = key
            self.body = body
            self.durability = durability
        }
    }

    package let path: String
    /// Nil for a question, which is a GET.
    package let change: Change?

    package init(path: String, change: Change? = nil) {
        self.path = path
        self.change = change
    }
}

/// An answer: the parts of its head that a client looks at, and its body.
package struct ExchangeAnswer: Hashable, Sendable {
    package let status: Int
    package let isKeepingAlive: Bool
    /// `Idempotent-Replayed: true`.
    package var isReplay = false
    package var entityTag: String?
    package var durability: String?
    package var location: String?
    package var body: [UInt8] = []

    package init(status: Int, isKeepingAlive: Bool) {
        self.status = status
        self.isKeepingAlive = isKeepingAlive
    }
}

/// Why there is no answer; a request that was sent may have been carried out.
package enum ExchangeBreak: Hashable, Sendable, CustomStringConvertible {
    case closed
    case timedOut
    case tooLarge
    case stopped

    package var description: String {
        switch self {
        case .closed: "connection closed"
        case .timedOut: "no answer in time"
        case .tooLarge: "answer too large"
        case .stopped: "still running at the end"
        }
    }
}

/// How a request ended.
package enum ExchangeEnding: Hashable, Sendable {
    case answered(ExchangeAnswer)
    case broken(ExchangeBreak)
}

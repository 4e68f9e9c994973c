/// When one HTTP connection has been silent for too long, as plain values; times are in nanoseconds of one clock.
///
///     idle ──first bytes──▶ readingHead ──head──▶ reading ──end──▶ answering ──last answer──▶ idle
///     any ──last answer of a closing connection──▶ lingering
package struct ConnectionDeadlineMachine {
    package enum Activity: Hashable, Sendable {
        /// Open, with nothing owed.
        case idle
        /// Bytes came that are not yet a request.
        case readingHead
        /// A request's body is arriving.
        case reading
        /// The rest of a body is dropped, so that its early answer can leave.
        case dropping
        /// All that was asked is read, and answers are owed: the request's own deadline counts.
        case answering
        /// The sending side is closed and input is drained.
        case lingering
    }

    package enum Expiry: Hashable, Sendable {
        case none
        case closeIdle
        case closeSlowHead
        case refuseSlowBody
        case closeLingering
    }

    package private(set) var activity = Activity.idle
    /// When the present activity began.
    package private(set) var since: UInt64
    private let idleLimit: UInt64
    private let headLimit: UInt64
    private let bodyLimit: UInt64
    private let lingerLimit: UInt64

    package init(idleLimit: UInt64, headLimit: UInt64, bodyLimit: UInt64, lingerLimit: UInt64, now: UInt64) {
        self.idleLimit = idleLimit
        self.headLimit = headLimit
        self.bodyLimit = bodyLimit
        self.lingerLimit = lingerLimit
        self.since = now
    }

    package mutating func entered(_ activity: Activity, at now: UInt64) {
        self.activity = activity
        self.since = now
    }

    /// When the present activity has lasted too long; `nil` while it may last.
    package var deadline: UInt64? {
        switch self.activity {
        case .idle: self.since &+ self.idleLimit
        case .readingHead: self.since &+ self.headLimit
        case .reading: self.since &+ self.bodyLimit
        case .dropping: self.since &+ self.lingerLimit
        case .answering: nil
        case .lingering: self.since &+ self.lingerLimit
        }
    }

    package func expired(at now: UInt64) -> Expiry {
        guard let deadline = self.deadline, now >= deadline else { return .none }
        switch self.activity {
        case .idle: return .closeIdle
        case .readingHead: return .closeSlowHead
        case .reading, .dropping: return .refuseSlowBody
        case .answering: return .none
        case .lingering: return .closeLingering
        }
    }
}

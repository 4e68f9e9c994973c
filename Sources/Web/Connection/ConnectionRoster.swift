import NIOCore

/// A connection that can give way.
protocol YieldingConnection: AnyObject {
    /// How dispensable it is; nil while it must not be closed.
    var spare: SpareConnection? { get }

    func yield()

    /// Gives up what its client has not begun to take, or gone on to take, since a time.
    func dropUnread(since time: UInt64)
}

/// How dispensable a connection is, as plain values; times are in nanoseconds of one clock.
package struct SpareConnection: Hashable, Sendable, Comparable {
    /// The first kind goes first.
    package enum Kind: Int, Hashable, Sendable {
        /// It has said nothing yet.
        case silent
        /// A request's head or body is arriving.
        case slow
        /// It was answered, and waits.
        case served
        /// It does not read its answer.
        case unread
    }

    package let kind: Kind
    package let since: UInt64

    package init(_ kind: Kind, since: UInt64) {
        self.kind = kind
        self.since = since
    }

    /// Whether it has had the time that every connection has: 0.5 s for its first bytes, 1 s for the rest of a request
    /// or for another one, 2 s to read on.
    package func canYield(at now: UInt64) -> Bool {
        let patience: UInt64 =
            switch self.kind {
            case .silent: 500_000_000
            case .slow, .served: 1_000_000_000
            case .unread: 2_000_000_000
            }
        return now >= self.since &+ patience
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.kind.rawValue, left.since) < (right.kind.rawValue, right.since)
    }

    /// The connections that should go now: the most dispensable, and a quarter of all at most.
    package static func chosen(_ all: [SpareConnection?], at now: UInt64) -> [Int] {
        let spare = all.indices.compactMap { index in all[index].map { (index, $0) } }
        return spare.filter { $0.1.canYield(at: now) }.sorted { $0.1 < $1.1 }.prefix(max(all.count / 4, 1)).map(\.0)
    }
}

/// The connections of a listener on one event loop.
final class ConnectionRoster {
    private static let interval = TimeAmount.milliseconds(100)

    private let room: ConnectionRoom
    private let eventLoop: any EventLoop
    private var members: [ObjectIdentifier: any YieldingConnection] = [:]
    private var isLooking = false
    private var isDropping = false

    init(_ room: ConnectionRoom, _ eventLoop: any EventLoop) {
        self.room = room
        self.eventLoop = eventLoop
    }

    func add(_ member: any YieldingConnection) { self.members[ObjectIdentifier(member)] = member }

    func remove(_ member: any YieldingConnection) { self.members[ObjectIdentifier(member)] = nil }

    /// Closes some that only wait, now and for as long as there is no room.
    func makeRoom() {
        guard !self.isLooking else { return }
        self.isLooking = true
        self.look()
    }

    /// Gives up answers that wait, now and for as long as there are too many.
    func dropUnread() {
        guard !self.isDropping else { return }
        self.isDropping = true
        self.drop()
    }

    private func drop() {
        guard self.room.answers.isOverfull else {
            self.isDropping = false
            return
        }
        let now = NIODeadline.now().uptimeNanoseconds
        let patience = UInt64(AnswerRoom.patience.nanoseconds)
        for member in Array(self.members.values) { member.dropUnread(since: now &- patience) }
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.interval) { self.drop() }
    }

    private func look() {
        guard self.room.isFull else {
            self.isLooking = false
            return
        }
        let all = Array(self.members.values)
        let chosen = SpareConnection.chosen(all.map(\.spare), at: NIODeadline.now().uptimeNanoseconds)
        for index in chosen { all[index].yield() }
        self.room.yielded(chosen.count)
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.interval) { self.look() }
    }
}

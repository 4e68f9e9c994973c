import RESP

/// An entry of a log, as strictly as an audit reads it.
struct AuditedEntry: Hashable, Sendable {
    enum Event: Hashable, Sendable {
        case issued(user: String)
        case redeemed(coupon: Int64, user: String)
        case voided(coupon: Int64)
        case paused
        case resumed
        case raised(quota: Int64)
    }

    let position: LogPosition
    /// `nil` for what nobody would write.
    let event: Event?
    /// In milliseconds since 1970.
    let at: Int64
    private let words: [String]

    /// Reads one element of `XRANGE`; `nil` for anything else.
    init?(_ reply: RESPValue) {
        guard let parts = reply.array, parts.count == 2, let position = parts[0].string.flatMap({ LogPosition($0) }),
            let words = parts[1].array?.map({ $0.string ?? "" }), words.count.isMultiple(of: 2)
        else { return nil }
        self.position = position
        self.words = words
        let at = words.dropLast().last == "at" ? words.last.flatMap { Int64($0) } : nil
        self.at = at ?? 0
        self.event =
            at == nil || words.count < 4 || words[0] != "kind" ? nil : Self.event(words[1], words[2...].dropLast(2))
    }

    /// The entry's names and values, for people.
    var text: String {
        stride(from: 0, to: self.words.count, by: 2).map { "\(self.words[$0])=\(self.words[$0 + 1])" }.joined(
            separator: " "
        )
    }

    /// `more` are the names and values between kind and time, in the order in which scripts write them.
    private static func event(_ kind: String, _ more: ArraySlice<String>) -> Event? {
        let more = Array(more)
        let names = stride(from: 0, to: more.count, by: 2).map { more[$0] }
        switch (kind, names) {
        case ("issued", ["user"]): return .issued(user: more[1])
        case ("redeemed", ["coupon", "user"]): return Int64(more[1]).map { .redeemed(coupon: $0, user: more[3]) }
        case ("voided", ["coupon", "user"]) where more[3].isEmpty: return Int64(more[1]).map { .voided(coupon: $0) }
        case ("paused", []): return .paused
        case ("resumed", []): return .resumed
        case ("raised", ["quota"]): return Int64(more[1]).map { .raised(quota: $0) }
        default: return nil
        }
    }
}

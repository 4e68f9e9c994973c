import Coupons
import Evidence
import RESP
import Redis
import Testing

/// Coupons as an auditor meets them.
extension CouponsFixture {
    func audit(
        keys: [CodeKey] = [],
        _ change: (inout CouponsAudit.Options) -> Void = { _ in }
    ) async throws -> CouponsAudit.Report {
        var options = CouponsAudit.Options()
        change(&options)
        return try await CouponsAudit(redis: self.node, keys: keys, options).run()
    }

    @discardableResult
    func send(_ name: String, _ arguments: RedisArgument...) async throws -> RESPValue {
        try await self.node.send(RedisCommand(name, arguments), within: nil)
    }

    /// One entry of a log, as it lies in Redis.
    struct Line: Hashable, Sendable {
        var id: String
        /// Names and values in turn.
        var words: [String]

        /// The value of a field.
        subscript(name: String) -> String? {
            get { self.place(name).map { self.words[$0 + 1] } }
            set {
                if let place = self.place(name) { self.words[place + 1] = newValue ?? "" }
            }
        }

        private func place(_ name: String) -> Int? {
            stride(from: 0, to: self.words.count - 1, by: 2).first { self.words[$0] == name }
        }
    }

    func lines(_ place: CampaignPlace) async throws -> [Line] {
        (try await self.send("XRANGE", .key(CouponKeys.log(place)), "-", "+").array ?? []).compactMap { entry in
            guard let parts = entry.array, parts.count == 2, let id = parts[0].string, let words = parts[1].array else {
                return nil
            }
            return Line(id: id, words: words.map { $0.string ?? "" })
        }
    }

    /// Writes a log anew, changed.
    func rewrite(_ place: CampaignPlace, _ change: (inout [Line]) -> Void) async throws {
        var lines = try await self.lines(place)
        change(&lines)
        try await self.send("DEL", .key(CouponKeys.log(place)))
        for line in lines {
            let words = line.words.map { RedisArgument.text($0) }
            let command = RedisCommand("XADD", [.key(CouponKeys.log(place)), .text(line.id)] + words)
            _ = try await self.node.send(command, within: nil)
        }
    }

    /// Changes the entry with an id.
    func edit(_ place: CampaignPlace, _ id: String, _ change: (inout Line) -> Void) async throws {
        try await self.rewrite(place) { lines in
            guard let index = lines.firstIndex(where: { $0.id == id }) else {
                Issue.record("no entry \(id)")
                return
            }
            change(&lines[index])
        }
    }

    /// The codes of a campaign, in order.
    func codes(_ id: CampaignID) async throws -> [CouponCode] { try await self.coupons.whole(id).codes }
}

extension CouponsAudit.Report {
    var kinds: Set<CouponsAudit.Kind> { Set(self.violations.counts.keys) }
}

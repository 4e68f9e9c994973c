package import Coordination

/// A campaign to be made, checked.
package struct CampaignOrder: Hashable, Sendable {
    private static let nameLimit = 100
    /// Room for 100 Hangul syllables in decomposed form (NFD), three signs of three bytes each.
    private static let nameByteLimit = 1200
    private static let userLimitLimit: Int64 = 1_000_000
    /// The end of the year 9999, the last that RFC 3339 can write.
    package static let timeLimit: Int64 = 253_402_300_799_999

    let name: String
    /// `nil` for now.
    let start: ServerTime?
    let end: ServerTime?
    let quota: Int64
    let userLimit: Int64
    let mode: Campaign.Mode
    package var claim: IdempotencyClaim?

    package init(
        name: String,
        start: ServerTime?,
        end: ServerTime?,
        quota: Int64,
        userLimit: Int64,
        mode: Campaign.Mode,
        quotaLimit: Int64
    ) throws(CouponError) {
        // The length in bytes first: counting characters takes long.
        guard name.utf8.count <= Self.nameByteLimit else {
            throw .invalid(field: "name", description: "must have at most \(Self.nameByteLimit) bytes in UTF-8")
        }
        guard (1...Self.nameLimit).contains(name.count) else {
            throw .invalid(field: "name", description: "must have 1 to \(Self.nameLimit) characters")
        }
        guard name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw .invalid(field: "name", description: "must have no control characters")
        }
        guard (1...quotaLimit).contains(quota) else {
            throw .invalid(field: "total_coupons", description: "must be 1 to \(quotaLimit)")
        }
        guard (0...Self.userLimitLimit).contains(userLimit) else {
            throw .invalid(field: "per_user_limit", description: "must be 0 to \(Self.userLimitLimit)")
        }
        if let start, !(0...Self.timeLimit).contains(start.milliseconds) {
            throw .invalid(field: "start_time", description: "must lie between the years 1970 and 9999")
        }
        if let end {
            guard (1...Self.timeLimit).contains(end.milliseconds) else {
                throw .invalid(field: "end_time", description: "must lie between the years 1970 and 9999")
            }
            guard start.map({ $0 < end }) ?? true else {
                throw .invalid(field: "end_time", description: "must be later than start_time")
            }
        }
        self.name = name
        self.start = start
        self.end = end
        self.quota = quota
        self.userLimit = userLimit
        self.mode = mode
    }

    /// One spelling of all that was ordered.
    var canonical: String {
        let times = [self.start, self.end].map { $0.map { String($0.milliseconds) } ?? "-" }
        return "\(times[0]) \(times[1]) \(self.quota) \(self.userLimit) \(self.mode.rawValue) \(self.name)"
    }

    /// The fields of the campaign's record, or of a part's.
    func record(key: String, now: ServerTime, part: Int?) -> [(String, String)] {
        let start = String((self.start ?? now).milliseconds)
        let end = String(self.end?.milliseconds ?? 0)
        var fields = [
            ("state", "active"), ("revision", "0"), ("start", start), ("end", end),
            ("user_limit", String(self.userLimit)), ("key", key), ("sequence", "0"),
        ]
        if part != nil {
            fields += [("limit", "0"), ("loan", "0")]
        } else {
            fields += [
                ("name", self.name), ("created", String(now.milliseconds)), ("quota", String(self.quota)),
                ("mode", self.mode.rawValue), ("limit", String(self.quota)),
            ]
        }
        return fields
    }
}

extension CampaignOrder {
    /// The claim of a request that makes this campaign.
    package func claim(caller: String, requestID: String) -> IdempotencyClaim {
        IdempotencyClaim(
            caller: caller,
            key: requestID,
            method: "CreateCampaign",
            path: "campaigns",
            canonical: self.canonical
        )
    }
}

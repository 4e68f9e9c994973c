/// The number of a campaign, from 1: given out by a counter in Redis.
package struct CampaignID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The largest one: a code has room for 24 bits.
    package static let limit: Int64 = (1 << 24) - 1

    package let number: Int64

    /// `nil` for a number that no campaign can have.
    package init?(_ number: Int64) {
        guard (1...Self.limit).contains(number) else { return nil }
        self.number = number
    }

    package var description: String { String(self.number) }

    /// All of an exact campaign, and the root of a leased one.
    package var root: CampaignPlace { CampaignPlace(campaign: self, part: nil) }

    /// The parts of a leased campaign.
    package var parts: [CampaignPlace] {
        (0..<CampaignPlace.partCount).map { CampaignPlace(campaign: self, part: $0) }
    }

    package static func < (one: CampaignID, other: CampaignID) -> Bool { one.number < other.number }
}

/// Where coupons of a campaign are counted: in the campaign itself, or in one of the parts of a leased one.
package struct CampaignPlace: Hashable, Sendable, CustomStringConvertible {
    /// Parts of a leased campaign.
    package static let partCount = 16
    /// Bits of a coupon's sequence inside its part; the part's number is above them.
    private static let sequenceBits: Int64 = 36

    package let campaign: CampaignID
    package let part: Int?

    package init(campaign: CampaignID, part: Int?) {
        self.campaign = campaign
        self.part = part
    }

    /// Reads ``description``; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count <= 2, let id = words.first.flatMap({ Int64($0) }).flatMap({ CampaignID($0) }) else {
            return nil
        }
        self.init(campaign: id, part: words.count == 2 ? Int(words[1]) : nil)
        guard self.description == text, (0..<Self.partCount).contains(self.part ?? 0) else { return nil }
    }

    /// As it stands in the hash tag of its keys.
    package var description: String {
        self.part.map { "\(self.campaign):\($0)" } ?? "\(self.campaign)"
    }

    /// The sequence in the whole campaign of what has this sequence here.
    package func sequence(_ local: Int64) -> Int64 { Int64(self.part ?? 0) << Self.sequenceBits | local }

    /// Where a coupon was counted, and its sequence there; `nil` when no coupon can have this sequence.
    package static func split(_ sequence: Int64, of campaign: Campaign) -> (place: CampaignPlace, local: Int64)? {
        let local = sequence & ((1 << Self.sequenceBits) - 1)
        let part = Int(sequence >> Self.sequenceBits)
        guard local > 0 else { return nil }
        switch campaign.mode {
        case .exact:
            guard part == 0 else { return nil }
            return (campaign.id.root, local)
        case .leased:
            guard part < Self.partCount else { return nil }
            return (CampaignPlace(campaign: campaign.id, part: part), local)
        }
    }
}

package import Ethereum

/// The outcomes of a load's requests, in numbers.
package struct CoinCount: Hashable, Sendable {
    /// Answered with 200, and with 202 only.
    package private(set) var submitted = 0
    package private(set) var queued = 0
    /// Followed until they were in a block, those first answered with 202 among them.
    package private(set) var delivered = 0
    package private(set) var deliveredLater = 0
    package private(set) var failed = 0
    /// Accepted, and not at their end.
    package private(set) var unfinished = 0
    /// Perhaps carried out, as far as answers tell.
    package private(set) var doubtful = 0
    package private(set) var refused = 0
    /// Wei of one coin; nil when none was promised.
    package let amount: Wei?
    /// Coins that each recipient must have got, and may have got.
    package private(set) var least: [UInt64]
    package private(set) var most: [UInt64]

    package init(_ evidence: CoinEvidence) {
        self.amount = evidence.records.lazy.compactMap { $0.answer?.amount }.first
        self.least = Array(repeating: 0, count: evidence.recipients.addresses.count)
        self.most = self.least
        for (number, record) in evidence.records.enumerated() {
            let place = evidence.recipients.place(of: number)
            var (isSure, isPossible) = (false, false)
            switch record.state {
            case .unsent: break
            case .refused: self.refused += 1
            case .doubtful:
                self.doubtful += 1
                isPossible = true
            case .submitted:
                self.submitted += 1
                isSure = true
            case .queued:
                self.queued += 1
                isPossible = true
            }
            if record.answer != nil {
                switch evidence.ends[number] {
                case .delivered?:
                    self.delivered += 1
                    if record.state == .queued { self.deliveredLater += 1 }
                    isSure = true
                case .failed?:
                    self.failed += 1
                    isPossible = false
                case .open?, .unknown?, .wrong?, nil: self.unfinished += 1
                }
            }
            if isSure { self.least[place] += 1 }
            if isSure || isPossible { self.most[place] += 1 }
        }
    }

    package var accepted: Int { self.submitted + self.queued }
}

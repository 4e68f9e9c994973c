package import Ethereum

/// The end of a distribution that was accepted, as the service tells it.
package enum DistributionEnd: Hashable, Sendable {
    /// By this transaction, with this nonce.
    case delivered(Hash32, nonce: UInt64)
    case failed(String)
    /// Not at its end when the time was over.
    case open(String)
    case unknown
    /// Not the distribution that was promised.
    case wrong(String)

    /// Reads an answer about a distribution that was promised like this.
    package init(_ answer: ExchangeAnswer, of promise: DistributionAnswer) {
        guard answer.status != 404 else {
            self = .unknown
            return
        }
        guard answer.status == 200 else {
            self = .open("status \(answer.status)")
            return
        }
        guard let told = DistributionAnswer(answer.body) else {
            self = .wrong("it cannot be read")
            return
        }
        guard told.id == promise.id, told.address == promise.address, told.amount == promise.amount else {
            self = .wrong("\(told.id) of \(told.amount) wei to \(told.address)")
            return
        }
        switch told.state {
        case .queued, .signed, .submitted: self = .open(told.state.rawValue)
        case .failed: self = .failed(told.reason ?? "no reason")
        case .mined, .confirmed:
            guard let hash = told.hash else {
                self = .wrong("\(told.state.rawValue) without a transaction")
                return
            }
            self = .delivered(hash, nonce: told.nonce)
        }
    }
}

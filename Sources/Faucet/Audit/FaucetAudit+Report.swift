package import Ethereum
package import Evidence

extension FaucetAudit {
    /// The findings of an audit of the faucet.
    package struct Report: EvidenceReport {
        /// `nil` before the first.
        package var era: Int64?
        package var states: [Distribution.State: Int] = [:]
        /// Records of earlier eras, whose chains are gone: they are not compared with one.
        package var earlier = 0
        /// Records that only fill a hole in the nonces.
        package var fillers = 0
        /// Distributions whose records have ended their time.
        package var expired = 0
        /// How long ago the oldest distribution was asked for that is not over; `nil` when all are.
        package var oldest: Duration?
        package var senders: [Sender] = []
        package var violations = Violations<FaucetAudit.Kind>()
        package var undecided: [Undecided] = []
        package var elapsed = Duration.zero

        package init() {}

        package var distributions: Int { self.states.values.reduce(0, +) }
        package var unfinished: Int { self.states.filter { !$0.key.isTerminal }.values.reduce(0, +) }
        package var delivered: Int { self.senders.map(\.delivered).reduce(0, +) }
        package var deliveredWei: Wei { self.senders.reduce(.zero) { $0.adding($1.deliveredWei) ?? $0 } }
        package var feesWei: Wei { self.senders.reduce(.zero) { $0.adding($1.feesWei) ?? $0 } }

        /// Amounts in wei as text.
        package var figures: Figures {
            let states = Dictionary(uniqueKeysWithValues: self.states.map { ($0.key.rawValue, $0.value) })
            return [
                "era": self.era, "total": self.distributions, "unfinished": self.unfinished, "by_state": states,
                "oldest_unfinished_seconds": self.oldest.map { $0 / .seconds(1) }, "earlier": self.earlier,
                "fillers": self.fillers, "expired": self.expired, "delivered": self.delivered,
                "delivered_wei": self.deliveredWei.decimal, "fees_wei": self.feesWei.decimal,
                "senders": self.senders.map(\.figures),
            ]
        }

        package var summary: [String] {
            var lines = [
                "era        " + (self.era.map { String($0) } ?? "none"), "records    \(self.distributions)",
            ]
            for state in Distribution.State.allCases {
                guard let count = self.states[state] else { continue }
                lines.append("           \(count) \(state.rawValue)")
            }
            if let oldest = self.oldest {
                lines.append("unfinished \(self.unfinished), the oldest from \(FigureText.seconds(oldest)) s ago")
            }
            if self.fillers > 0 { lines.append("fillers    \(self.fillers)") }
            if self.earlier > 0 {
                lines.append("earlier    \(self.earlier) of earlier eras, not compared with a chain")
            }
            if self.expired > 0 { lines.append("expired    \(self.expired)") }
            let (coins, fees) = (self.deliveredWei.coins, self.feesWei.coins)
            lines.append("delivered  \(self.delivered), \(coins) coins; fees \(fees) coins")
            return lines + self.senders.flatMap(\.lines) + ["took       \(FigureText.seconds(self.elapsed)) s"]
        }

        package var cleanSentence: String {
            "every distribution delivered its coin once or not at all, and nothing else left the senders"
        }
    }

    /// The findings of one sender in the current era.
    package struct Sender: Hashable, Sendable {
        /// Whether what has left the sender is what its records say.
        package enum Balance: Hashable, Sendable {
            /// It is. `received` is what came in besides, in wei.
            case proven(received: Wei)
            case violated
            /// It cannot be told, for this reason.
            case skipped(String)
        }

        package let address: Address
        /// The next nonce on the chain, counting mined transactions.
        package let chainNonce: UInt64
        /// The next nonce that will be given out.
        package let counter: UInt64?
        package let balance: Wei
        package let open: Int
        package let delivered: Int
        package let deliveredWei: Wei
        package let feesWei: Wei
        /// Nonces from before the first record: the key was used elsewhere, or their records are gone.
        package let usedBefore: UInt64
        package let proof: Balance

        fileprivate var figures: Figures {
            let (balance, received, skipped): (String, Wei?, String?) =
                switch self.proof {
                case .proven(let received): ("proven", received, nil)
                case .violated: ("violated", nil, nil)
                case .skipped(let reason): ("skipped", nil, reason)
                }
            return [
                "address": self.address.text, "chain_nonce": self.chainNonce, "next_nonce": self.counter,
                "balance_wei": self.balance.decimal, "open": self.open, "delivered": self.delivered,
                "delivered_wei": self.deliveredWei.decimal, "fees_wei": self.feesWei.decimal,
                "used_before": self.usedBefore, "balance": balance, "received_wei": received?.decimal,
                "skipped": skipped,
            ]
        }

        fileprivate var lines: [String] {
            var lines = [
                "sender     \(self.address): \(self.delivered) delivered, \(self.deliveredWei.coins) coins; fees "
                    + "\(self.feesWei.coins); \(self.open) open; balance \(self.balance.coins)",
                "           nonces: chain \(self.chainNonce), next " + (self.counter.map { String($0) } ?? "none"),
            ]
            if self.usedBefore > 0 {
                lines.append("           \(self.usedBefore) nonces used before the first record: not looked at")
            }
            switch self.proof {
            case .proven(let received) where received.isZero: lines.append("           balance proven")
            case .proven(let received): lines.append("           balance proven, \(received.coins) coins came in")
            case .violated: lines.append("           balance violated")
            case .skipped(let reason): lines.append("           balance not compared: \(reason)")
            }
            return lines
        }
    }
}

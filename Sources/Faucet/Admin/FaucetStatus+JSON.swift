import Coordination
import Ethereum
import EthereumRPC
import FoundationEssentials

/// The status for programs: one JSON object on one line, keys in order of the alphabet, amounts in wei as text.
extension FaucetStatus {
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Only numbers that are not finite could fail, and there are none.
        guard let data = try? encoder.encode(Document(self)) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Document: Encodable {
        struct Sender: Encodable {
            let address: String
            let balanceWei: String?
            let chainNonce, nextNonce, limit, affordable: UInt64?
            let drift: Int64?
            let open: Int
            let oldestSeconds: Double?
            let paused: Bool
            let reason, detail, nodeSaid: String
            let waitingSince: String?
            let replaying: Int
            let window: Int?
            let head: UInt64?
            let headSince: String?
            let fee: String
            let seenAt: String?
            let leaseOwner: String?
            let leaseLeftMs: Int?
        }

        let time: String
        let era: Int64?
        let chainId: UInt64?
        let genesis: String?
        let today: Int
        let chainTrouble: String?
        let senders: [Sender]

        init(_ status: FaucetStatus) {
            self.time = status.time.rfc3339Milliseconds
            self.era = status.era?.number
            self.chainId = status.era?.chain.id
            self.genesis = status.era?.chain.genesis.text
            self.today = status.today
            self.chainTrouble = status.chainTrouble
            self.senders = status.lanes.map { lane in
                Sender(
                    address: lane.sender.text,
                    balanceWei: lane.balance?.decimal,
                    chainNonce: lane.chainNonce,
                    nextNonce: lane.counter,
                    limit: lane.limit,
                    affordable: lane.left,
                    drift: lane.drift,
                    open: lane.open,
                    oldestSeconds: lane.oldest.map { $0 / .seconds(1) },
                    paused: lane.isPaused,
                    reason: lane.waiting?.reason.rawValue ?? "",
                    detail: lane.waiting?.detail ?? "",
                    nodeSaid: lane.waiting?.said ?? "",
                    waitingSince: lane.waiting?.since?.rfc3339Milliseconds,
                    replaying: lane.replaying,
                    window: lane.window,
                    head: lane.head,
                    headSince: lane.headSince?.rfc3339Milliseconds,
                    fee: lane.fee,
                    seenAt: lane.seen?.rfc3339Milliseconds,
                    leaseOwner: lane.holder?.owner,
                    leaseLeftMs: lane.holder.map { Int($0.left / .milliseconds(1)) }
                )
            }
        }
    }
}

extension FaucetAdmin.OpenItem {
    /// One JSON object.
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Only numbers that are not finite could fail, and there are none.
        guard let data = try? encoder.encode(Document(self)) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Document: Encodable {
        let ageSeconds: Double
        let cancelled: Bool
        let detail: String?
        let hash: String?
        let id: String
        let nonce: UInt64
        let sender, state: String

        init(_ item: FaucetAdmin.OpenItem) {
            self.ageSeconds = item.age / .seconds(1)
            self.cancelled = item.isCancelled
            self.detail = item.detail.isEmpty ? nil : item.detail
            self.hash = item.hash?.text
            self.id = item.id
            self.nonce = item.nonce
            self.sender = item.sender.text
            self.state = item.state.rawValue
        }
    }
}

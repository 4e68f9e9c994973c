import Coordination
import Ledger
import Web

/// The fitness of Redis as a place for money, for `/readyz?verbose`.
///
/// Never a reason not to be ready: the other systems go on, and the ledger itself refuses what it cannot promise.
struct MoneyReadiness: Sendable {
    private let guardian: StoreGuard
    private let isServing: Bool
    private let needed: Int

    init(_ guardian: StoreGuard, _ configuration: AppConfiguration) {
        self.guardian = guardian
        self.isServing = configuration.ledger.servesUnsafeStore
        self.needed = configuration.ledger.durability == .replicated ? configuration.commits.replicas : 0
    }

    var readiness: Readiness {
        switch self.guardian.verdict {
        case .unknown: return .degraded("Redis has not told its settings yet")
        case .kept(let replicas):
            guard replicas < self.needed else { return .ready }
            return .degraded("\(replicas) of \(self.needed) replicas are connected: changes are answered 503")
        case .broken(let reasons, _):
            let consequence = self.isServing ? "served all the same (money.unsafeStore)" : "changes are answered 503"
            return .degraded("\(reasons.joined(separator: "; ")): \(consequence)")
        }
    }
}

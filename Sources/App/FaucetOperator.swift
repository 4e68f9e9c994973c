import Ethereum
import EthereumRPC
import Faucet
import Redis

/// The faucet's lanes and open distributions, for people.
package struct FaucetOperator: Sendable {
    /// An order to every lane, or to one.
    package enum Order: Hashable, Sendable {
        case pause
        case resume
        case rebroadcast
    }

    private let configuration: AppConfiguration

    package init(_ configuration: AppConfiguration) {
        self.configuration = configuration
    }

    /// Every lane as it stands.
    package func status(isJSON: Bool) async throws -> String {
        try await self.with { admin throws(FaucetError) in
            let status = try await admin.status()
            return isJSON ? status.json : status.text
        }
    }

    /// Gives an order to one sender's lane, or to all; returns their addresses.
    package func give(_ order: Order, sender: String?) async throws -> [String] {
        let sender = try Self.address(sender)
        return try await self.with(recording: ("faucet.\(order)", sender?.text ?? "all")) { admin throws(FaucetError) in
            let senders =
                switch order {
                case .pause: try await admin.pause(sender)
                case .resume: try await admin.resume(sender)
                case .rebroadcast: try await admin.rebroadcast(sender)
                }
            return senders.map(\.text)
        }
    }

    /// Begins a new era on the chain that is; returns what is to be told.
    package func beginEra() async throws -> String {
        try await self.with(recording: ("faucet.era", "all")) { admin throws(FaucetError) in
            let (era, openCount) = try await admin.beginEra()
            let chain = "chain \(era.chain.id), genesis \(era.chain.genesis)"
            return "era \(era.number), \(chain): \(openCount) open go over to it"
        }
    }

    /// Asks for a distribution to be cancelled; returns what came of it, and whether it can still help.
    package func cancel(_ id: String) async throws -> (text: String, isAsked: Bool) {
        try await self.with(recording: ("faucet.cancel", LoggedText.printable(id, limit: 100))) {
            admin throws(FaucetError) in
            switch try await admin.cancel(id) {
            case .asked: ("asked: the chain decides which of the two is mined", true)
            case .over(let state): ("over: \(state.rawValue)", false)
            case .gone: ("gone: there is no such distribution, or no longer", false)
            }
        }
    }

    /// Prints one JSON object a distribution that is not over, by nonce.
    package func open(sender: String?, limit: Int, _ print: @Sendable @escaping (String) -> Void) async throws {
        let sender = try Self.address(sender)
        try await self.with { admin throws(FaucetError) in
            for item in try await admin.open(of: sender, limit: limit) { print(item.json) }
        }
    }

    private static func address(_ text: String?) throws(CommandFailure) -> Address? {
        guard let text else { return nil }
        do { return try Address.parse(text) } catch {
            switch error {
            case .invalid: throw .unusable("'\(LoggedText.printable(text, limit: 100))' is no address")
            case .checksum: throw .unusable("the address is misspelled: its letters have the wrong case")
            }
        }
    }

    private func with<Answer: Sendable>(
        recording action: (name: String, object: String)? = nil,
        _ body: @Sendable @escaping (FaucetAdmin) async throws(FaucetError) -> Answer
    ) async throws -> Answer {
        try await CommandRedis.run(self.configuration) { redis in
            let told: @Sendable () async throws -> Answer = { try await body(FaucetAdmin(redis: redis)) }
            guard let action else { return try await told() }
            return try await AdminActor.recorded(action.name, action.object, redis, told)
        }
    }
}

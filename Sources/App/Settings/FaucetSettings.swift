import Coordination
package import Ethereum
package import EthereumRPC
package import Faucet
import FoundationEssentials
import Outbound

/// All that the faucet is told.
package struct FaucetSettings: Sendable {
    package let faucet: FaucetConfiguration
    package let lane: LaneConfiguration
    /// `nil` without nodes.
    package let rpc: RPCConfiguration?
    /// Where the keys are; none is read before it is needed.
    private let keySources: [String]

    init(_ values: SettingValues) throws(SettingsError) {
        self.faucet = try Self.faucet(values)
        self.lane = Self.lane(values)
        self.rpc = try Self.rpc(values)
        self.keySources = values.list(Settings.faucetKeys)
    }

    /// Reads the keys of all senders.
    package func keys() throws(SettingsError) -> [SenderKey] {
        var keys: [SenderKey] = []
        for source in self.keySources {
            let key: SenderKey
            do {
                if source == "development" {
                    key = try SenderKey.development(0)
                } else if source.hasPrefix("development:") {
                    key = try SenderKey.development(Int(source.dropFirst("development:".count)) ?? -1)
                } else {
                    key = try SenderKey(contentsOf: source)
                }
            } catch { throw .fileUnreadable(path: source, reason: "\(error)") }
            guard !keys.contains(where: { $0.address == key.address }) else {
                throw .inconsistent("faucet.keys names one key twice: \(key.address)")
            }
            keys.append(key)
        }
        return keys
    }

    private static func faucet(_ values: SettingValues) throws(SettingsError) -> FaucetConfiguration {
        var faucet = FaucetConfiguration()
        guard let amount = Wei(decimal: values.text(Settings.faucetAmount)), !amount.isZero else {
            throw Self.invalid(Settings.faucetAmount, values, wanted: "an amount above zero in wei, in plain digits")
        }
        faucet.amount = amount
        faucet.durability = Durability(rawValue: values.text(Settings.durability)) ?? .local
        faucet.idempotencyKeep = .seconds(values.decimal(Settings.idempotencyHours) * 3600)
        faucet.wait = values.seconds(Settings.faucetWait)
        faucet.queueLimit = values.integer(Settings.faucetQueueLimit)
        faucet.keep = .seconds(values.decimal(Settings.faucetDays) * 86_400)
        guard faucet.keep >= faucet.idempotencyKeep else {
            throw .inconsistent("faucet.keepDays must not be less than idempotency.keepHours")
        }
        faucet.watchLimit = values.integer(Settings.faucetWatchLimit)
        faucet.callerWatchLimit = values.integer(Settings.faucetCallerWatchLimit)
        faucet.cooldown = values.seconds(Settings.faucetCooldown)
        faucet.dayLimit = values.integer(Settings.faucetDayLimit)
        faucet.callers = try Self.callers(values.text(Settings.faucetCallers))
        guard faucet.callers.isEmpty || values.text(Settings.accessKeys) == "open" else {
            throw .inconsistent("faucet.callersFile has no meaning with access.keys=required: API keys name callers")
        }
        return faucet
    }

    private static func lane(_ values: SettingValues) -> LaneConfiguration {
        var lane = LaneConfiguration()
        lane.lease = values.seconds(Settings.laneLease)
        lane.window = values.integer(Settings.laneWindow)
        lane.poll = values.seconds(Settings.lanePoll)
        lane.idlePoll = max(lane.poll, .seconds(1))
        lane.confirmations = UInt64(values.integer(Settings.laneConfirmations))
        lane.stall = values.seconds(Settings.laneStall)
        lane.rebroadcast = values.seconds(Settings.laneRebroadcast)
        lane.foreignReads = values.integer(Settings.laneForeignReads)
        lane.gasLimit = UInt64(values.integer(Settings.laneGas))
        lane.fees.mode = .init(rawValue: values.text(Settings.feeMode)) ?? .auto
        lane.fees.cap = Self.gwei(values.decimal(Settings.feeCap))
        lane.fees.tip = Self.gwei(values.decimal(Settings.feeTip))
        lane.fees.headroom = UInt64(values.integer(Settings.feeHeadroom))
        lane.warnCoins = UInt64(values.integer(Settings.warnCoins))
        return lane
    }

    /// `nil` for zero, which means none.
    private static func gwei(_ number: Double) -> Wei? {
        number > 0 ? Wei(max(1, UInt64(number * 1000))).multiplied(by: 1_000_000) : nil
    }

    private static func rpc(_ values: SettingValues) throws(SettingsError) -> RPCConfiguration? {
        var nodes: [Endpoint] = []
        for text in values.list(Settings.faucetRPC) {
            guard let endpoint = try? Endpoint(trusted: text), nodes.count < 16 else {
                throw Self.invalid(
                    Settings.faucetRPC,
                    values,
                    wanted: "at most 16 http or https URLs without user information"
                )
            }
            nodes.append(endpoint)
        }
        guard !nodes.isEmpty else { return nil }
        var rpc = RPCConfiguration(nodes: nodes)
        let chainID = values.integer(Settings.faucetChainID)
        rpc.rules.chainID = chainID == 0 ? nil : UInt64(chainID)
        let genesis = values.text(Settings.faucetGenesis)
        rpc.rules.genesis = Hash32(hex: genesis)
        guard genesis.isEmpty || rpc.rules.genesis != nil else {
            throw Self.invalid(Settings.faucetGenesis, values, wanted: "0x and 64 hexadecimal digits")
        }
        rpc.rules.lagLimit = UInt64(values.integer(Settings.rpcLag))
        rpc.callTimeout = values.seconds(Settings.rpcTimeout)
        rpc.probeTimeout = min(rpc.probeTimeout, rpc.callTimeout)
        rpc.batchLimit = values.integer(Settings.rpcBatch)
        rpc.broadcastsToAll = values.text(Settings.rpcBroadcast) == "all"
        return rpc
    }

    /// One caller a line; a complaint never shows the line.
    private static func callers(_ path: String) throws(SettingsError) -> [FaucetCaller] {
        guard !path.isEmpty else { return [] }
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw .fileUnreadable(path: path, reason: "it is missing or not readable")
        }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        let callers = lines.compactMap { FaucetCaller(line: $0) }
        guard !callers.isEmpty, callers.count == lines.count else {
            throw .fileUnreadable(path: path, reason: "a line is not a name and 64 hexadecimal digits")
        }
        return callers
    }

    private static func invalid(_ setting: Setting, _ values: SettingValues, wanted: String) -> SettingsError {
        .invalid(name: setting.name, source: values[setting].source, wanted: wanted)
    }
}

import Coordination
import Redis

extension RedisScript {
    static let faucetAdmit = RedisScript(
        "faucet_admit",
        source: LuaLibrary.idempotency + PackageResources.faucet_lua + PackageResources.faucet_choose_lua
            + PackageResources.faucet_admit_lua
    )
    static let faucetObserve = Self.lane("faucet_observe", PackageResources.faucet_observe_lua)
    static let faucetTake = Self.faucet("faucet_take", PackageResources.faucet_take_lua)
    static let faucetAdvance = Self.lane("faucet_advance", PackageResources.faucet_advance_lua)
    static let faucetRebind = Self.lane("faucet_rebind", PackageResources.faucet_rebind_lua)
    static let faucetEra = Self.faucet("faucet_era", PackageResources.faucet_era_lua)
    static let faucetFill = Self.lane("faucet_fill", PackageResources.faucet_fill_lua)
    static let faucetCancel = Self.faucet("faucet_cancel", PackageResources.faucet_cancel_lua)

    /// One that only the holder of a sender's lease may run.
    private static func lane(_ name: String, _ source: [UInt8]) -> RedisScript {
        Self.faucet(name, LuaLibrary.lease + source)
    }

    private static func faucet(_ name: String, _ source: [UInt8]) -> RedisScript {
        RedisScript(name, source: PackageResources.faucet_lua + source)
    }
}

import Coordination
import Ledger
import Redis

extension LuaLibrary {
    /// The library that every script about payments needs.
    static let payment =
        LuaLibrary.fencedLock + LuaLibrary.workQueue + LuaLibrary.ledger + PackageResources.payment_lua
        + PackageResources.payment_wait_lua + PackageResources.payment_end_lua
    /// The library of scripts that move money, or hand a payment to scripts that do.
    static let paymentMoney = Self.payment + PackageResources.payment_money_lua
}

extension RedisScript {
    static let paymentsOnce = Self.money(
        "payments_once",
        PackageResources.payment_turn_lua + PackageResources.payments_once_lua
    )
    static let paymentsHold = Self.money("payments_hold", PackageResources.payments_hold_lua)
    static let paymentsDebit = Self.money("payments_debit", PackageResources.payments_debit_lua)
    static let paymentsCredit = Self.money("payments_credit", PackageResources.payments_credit_lua)
    static let paymentsFinal = Self.money("payments_final", PackageResources.payments_final_lua)
    static let paymentsLook = Self.record("payments_look", PackageResources.payments_look_lua)
    static let paymentsAttempt = Self.record("payments_attempt", PackageResources.payments_attempt_lua)
    static let paymentsLeave = Self.record("payments_leave", PackageResources.payments_leave_lua)
    static let paymentsRequeue = Self.record("payments_requeue", PackageResources.payments_requeue_lua)
    static let paymentsRedrive = Self.record("payments_redrive", PackageResources.payments_redrive_lua)
    static let paymentsAccept = Self.keyed("payments_accept", PackageResources.payments_accept_lua)
    static let paymentsCancel = Self.keyed("payments_cancel", PackageResources.payments_cancel_lua)

    private static func record(_ name: String, _ source: [UInt8]) -> RedisScript {
        RedisScript(name, source: LuaLibrary.payment + source)
    }

    private static func money(_ name: String, _ source: [UInt8]) -> RedisScript {
        RedisScript(name, source: LuaLibrary.paymentMoney + source)
    }

    /// With the records of idempotency keys.
    private static func keyed(_ name: String, _ source: [UInt8]) -> RedisScript {
        RedisScript(name, source: LuaLibrary.idempotency + LuaLibrary.payment + source)
    }
}

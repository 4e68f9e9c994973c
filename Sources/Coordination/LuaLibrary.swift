/// Lua functions that scripts of features share: put before a script's own source, in any order.
///
/// Redis's scripts cannot load each other; a shared decision is written once and joined here.
package enum LuaLibrary {
    /// `lock_standing`, `lock_is_held`, `lock_next_token`.
    ///
    /// With the turn and its wake-ups: `lock_probe`, `lock_woken`, `lock_note`, `lock_call`, `lock_wake`, `lock_leave`.
    package static let fencedLock = PackageResources.fenced_lock_lua + PackageResources.lock_turn_lua
    /// `idempotency_find`, `idempotency_seen`, `idempotency_keep`.
    package static let idempotency = PackageResources.idempotency_lua
    /// `admin_log_add`.
    package static let adminLog = PackageResources.admin_log_lua
    /// `work_add`, `work_done`.
    package static let workQueue = PackageResources.work_queue_lua
}

private import CLinux
import Glibc

/// The limits that the operating system sets for this process.
package enum ProcessLimits {
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case tooFewDescriptors(limit: Int, needed: Int)

        package var description: String {
            switch self {
            case .tooFewDescriptors(let limit, let needed):
                "this process may open \(limit) files and needs \(needed): raise the limit (ulimit -n, LimitNOFILE=)"
            }
        }
    }

    /// Makes sure that `needed` files can be open at once.
    package static func ensureDescriptors(_ needed: Int) throws(Failure) {
        let limit = Self.raiseDescriptors(to: needed)
        guard limit >= needed else { throw .tooFewDescriptors(limit: limit, needed: needed) }
    }

    /// Raises the soft limit of open files to `needed`, as far as the hard one lets it, and returns what it is then.
    package static func raiseDescriptors(to needed: Int) -> Int {
        var limit = rlimit()
        // unsafe: C fills in and reads a struct of ours; no pointer outlives the calls.
        guard unsafe getrlimit(Self.descriptors, &limit) == 0 else { return needed }
        if limit.rlim_cur < rlim_t(needed) {
            limit.rlim_cur = min(limit.rlim_max, rlim_t(needed))
            _ = unsafe setrlimit(Self.descriptors, &limit)
            _ = unsafe getrlimit(Self.descriptors, &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// A write to a pipe or socket whose reader is gone is an error to handle, not the end of the process.
    package static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Nobody but root gets an image of the memory, which may hold secrets: no crash leaves one behind, also not by a
    /// program that the kernel pipes it to, and no other process of the same user may read or trace this one.
    package static func forbidMemoryDumps() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = clinux_set_dumpable(0)
    }

    /// Gives freed memory, which the allocator keeps for itself, back to the system.
    package static func returnFreeMemory() { clinux_trim_heap() }

    private static let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
}

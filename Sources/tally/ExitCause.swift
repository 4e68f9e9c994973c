import App
import ArgumentParser
import CouponClient
import Dev
import Evidence
import Load
import TLS

/// Why a command ends with something other than 0: one number for one cause, whatever the command.
///
/// `docs/operations.md` has the table.
enum ExitCause: Int32 {
    /// The answer is no: refused, too late, not ready, violated, or not what a load expects.
    case refused = 1
    /// An audit found nothing violated, and could not tell all.
    case undecided = 3
    /// The command line or a setting cannot be used, or names nothing that there is: nothing was done.
    case unusable = 64
    /// A thing that the command needs is not to be had: Redis, a service, a node, a program, a port.
    case unavailable = 69
    /// The answer is not what it should be.
    case strange = 70

    /// `nil` for what the parser of arguments says itself, and for what nobody foresaw.
    init?(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self.init(error)
        case let error as LoadError: self.init(error)
        case let error as CouponClientError: self.init(error)
        case let error as DevError: self.init(error)
        case is ProcessLimits.Failure: self = .unavailable
        case is SettingsError, is TLSError: self = .unusable
        default: return nil
        }
    }

    private init(_ error: CommandFailure) {
        switch error {
        case .refused: self = .refused
        case .unusable: self = .unusable
        case .unavailable: self = .unavailable
        case .strange: self = .strange
        }
    }

    private init(_ error: LoadError) {
        switch error {
        case .badArgument: self = .unusable
        case .cannotConnect, .cannotCheck, .cannotSeed: self = .unavailable
        case .cancelled: self = .refused
        }
    }

    private init(_ error: CouponClientError) {
        switch error {
        case .refused, .cancelled: self = .refused
        case .notReached, .broken: self = .unavailable
        case .strange: self = .strange
        }
    }

    private init(_ error: DevError) {
        switch error {
        case .outOfRange, .directoryForeign: self = .unusable
        case .programMissing, .directoryInUse, .directoryUnusable, .portInUse, .noFreePort: self = .unavailable
        case .childEnded, .childNeverReady, .killed: self = .refused
        }
    }
}

extension AuditOutcome {
    /// The cause that the command ends with; `nil` when all is right.
    var exitCause: ExitCause? { ExitCause(rawValue: self.verdict.exitCode) }
}

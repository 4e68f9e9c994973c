import Synchronization

/// The party that caused an answer: only causes of ours are the service's errors.
package enum AnswerCause: String, Hashable, Sendable {
    /// It was carried out.
    case none
    /// The caller asked for what is not, or gave us too little time.
    case caller
    /// The operator has stopped, paused or not supplied what the request needs, knowingly.
    case `operator`
    /// We failed.
    case service

    /// The cause that follows from a status alone.
    package init(status: Int) {
        switch status {
        case ..<400: self = .none
        case ..<500: self = .caller
        default: self = .service
        }
    }

    /// Where the answer to the present request notes its cause; `nil` outside of a routed request.
    @TaskLocal package static var note: CauseNote?
}

/// A place for the cause of one answer, for whoever makes the answer and knows more than its status says.
package final class CauseNote: Sendable {
    private let cause = Mutex<AnswerCause?>(nil)

    package init() {}

    /// The last word counts.
    package func write(_ cause: AnswerCause) { self.cause.withLock { $0 = cause } }

    package func cause(ofStatus status: Int) -> AnswerCause {
        self.cause.withLock(\.self) ?? AnswerCause(status: status)
    }
}

import Coordination
import Ledger

/// One message of a worker's queue, as far as it says what is to be done.
struct PaymentJob: Hashable, Sendable {
    enum Role: String, Hashable, Sendable {
        /// Takes both accounts' locks; of a payment that is whole it does all the rest, too.
        case locker
        /// Moves the money and gives the locks back.
        case applier
    }

    let message: WorkMessage
    let role: Role
    let parties: PaymentParties
}

/// The outcome of a job.
enum JobOutcome: Hashable, Sendable {
    /// Its message is acknowledged.
    case finished
    /// Redis did not answer, or not enough of it: the message stays, and the job is done again.
    case unfinished
    /// The data in Redis cannot be worked on.
    case failed(reason: String)
}

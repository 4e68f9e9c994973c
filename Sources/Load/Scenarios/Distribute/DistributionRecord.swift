/// The record of one request of a load.
package struct DistributionRecord: Hashable, Sendable {
    package enum State: UInt8, Hashable, Sendable {
        case unsent
        /// Sent, and perhaps carried out: never answered, or not so that it says what happened.
        case doubtful
        /// Nothing was done.
        case refused
        /// Answered with 202 only.
        case queued
        /// Answered with 200.
        case submitted
    }

    package var state = State.unsent
    /// The service's promise; the first 200 if there was one.
    package var answer: DistributionAnswer?
    /// The whole body of the first 200.
    package var body: [UInt8] = []

    package init() {}
}

/// The caller of a request.
package struct Caller: Hashable, Sendable {
    /// The scope of its idempotency keys, and its name in logs of its actions.
    package let name: String

    package init(name: String) {
        self.name = name
    }

    /// Everybody, where no keys are asked for.
    package static let anonymous = Caller(name: "anonymous")
}

/// The block that a question is about.
package enum BlockTag: Hashable, Sendable {
    case latest
    /// The newest block, and what the node's pool would put on top of it.
    case pending
    case number(UInt64)

    package var text: String {
        switch self {
        case .latest: "latest"
        case .pending: "pending"
        case .number(let number): "0x" + String(number, radix: 16)
        }
    }
}

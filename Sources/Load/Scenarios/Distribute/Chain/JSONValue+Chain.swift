import Ethereum
import JSON

/// Values as the service and nodes write them; nil for everything else.
extension JSONValue {
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var number: String? {
        guard case .number(let text) = self else { return nil }
        return text
    }

    /// `0x` and hexadecimal digits.
    var quantity: Wei? { self.text.flatMap { Wei(hex: $0) } }

    var hash: Hash32? { self.text.flatMap { Hash32(hex: $0) } }

    var address: Address? { self.text.flatMap { Address(hex: $0) } }
}

import Ethereum
import JSON

/// Values as nodes write them; `nil` for everything else.
extension JSONValue {
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// `0x` and 1 to 16 digits; zeros before the first one, which the standard forbids, do no harm.
    var quantity: UInt64? { self.wei?.exact }

    var wei: Wei? { self.text.flatMap { Wei(hex: $0) } }

    var hash: Hash32? { self.text.flatMap { Hash32(hex: $0) } }

    var address: Address? { self.text.flatMap { Address(hex: $0) } }

    var items: [JSONValue]? {
        guard case .array(let items) = self else { return nil }
        return items
    }
}

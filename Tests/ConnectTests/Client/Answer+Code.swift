import Connect
import FoundationEssentials
import HTTPTypes

extension Answer {
    /// The code of the answer's error in whatever protocol it is; `ok` when there is none.
    var code: String {
        if let number = self.trailers?[.grpcStatus] ?? self.fields[.grpcStatus] { return Self.name(number) }
        if self.status != 200 { return Self.word(self.text) }
        guard let last = self.frames.last else { return "missing" }
        switch last.flags {
        case 2: return last.text.contains("\"error\"") ? Self.word(last.text) : "ok"
        case 0x80:
            let line = last.text.split(separator: "\r\n").first { $0.hasPrefix("grpc-status: ") }
            return Self.name(line.map { String($0.dropFirst(13)) } ?? "")
        default: return "missing"
        }
    }

    private static func name(_ number: String) -> String {
        if number == "0" { return "ok" }
        return Int(number).flatMap(RPCCode.init(rawValue:))?.name ?? "missing"
    }

    /// The value of `code` in JSON.
    private static func word(_ json: String) -> String {
        json.firstMatch(of: #/"code":"(\w+)"/#).map { String($0.1) } ?? "missing"
    }
}

extension [UInt8] {
    /// Base64 without padding.
    var base64: String { Data(self).base64EncodedString().replacing("=", with: "") }
}

extension String {
    /// The bytes of base64 without padding.
    var unbase64: [UInt8]? {
        Data(base64Encoded: self + String(repeating: "=", count: (4 - self.utf8.count % 4) % 4)).map(Array.init)
    }
}

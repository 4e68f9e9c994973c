/// Text from outside, made fit for a log line.
package enum LoggedText {
    /// Keeps printable ASCII, escapes every other byte as `\xNN`, and cuts at `limit` characters.
    package static func printable(_ text: some StringProtocol, limit: Int) -> String {
        var printed = ""
        var length = 0
        for byte in text.utf8 {
            let isPrintable = byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\\")
            let cost = isPrintable ? 1 : 4
            guard length + cost <= limit else { break }
            length += cost
            if isPrintable {
                printed.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16)
                printed += byte < 16 ? "\\x0\(hex)" : "\\x\(hex)"
            }
        }
        return printed
    }
}

import Foundation
import Outbound
import Testing

struct IPAddressTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var isInside: Bool
        var text: String
        var testDescription: String { self.text }
    }

    /// Made by `Vectors/make_addresses.py`.
    static let vectors: [Vector] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Vectors/addresses.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { line in
            let fields = line.split(separator: " ")
            return Vector(isInside: fields[0] == "inside", text: String(fields[1]))
        }
    }()

    @Test func `inside and outside are what Python says they are`() throws {
        #expect(Self.vectors.count > 200)
        for vector in Self.vectors {
            let address = try #require(IPAddress(vector.text), "\(vector.text)")
            #expect(address.isInside == vector.isInside, "\(vector.text)")
        }
    }

    @Test(
        arguments: [
            ("127.0.0.1", 0x7F00_0001), ("127.1", 0x7F00_0001), ("127.0.1", 0x7F00_0001), ("2130706433", 0x7F00_0001),
            ("0x7f.1", 0x7F00_0001), ("0X7F000001", 0x7F00_0001), ("0177.0.0.1", 0x7F00_0001),
            ("017700000001", 0x7F00_0001),
            ("0", 0), ("0x0", 0), ("00", 0), ("255.255.255.255", 0xFFFF_FFFF), ("4294967295", 0xFFFF_FFFF),
            ("1.2.65535", 0x0102_FFFF), ("1.16777215", 0x01FF_FFFF), ("000010.1", 0x0800_0001),
        ] as [(String, UInt32)]
    )
    func `every notation of IPv4 is one number`(text: String, number: UInt32) {
        #expect(IPAddress(text) == .v4(number))
    }

    @Test(arguments: [
        "", ".", "1.", ".1", "1..1", "256.1.1.1", "1.256.1", "1.2.65536", "1.16777216", "4294967296", "08", "1.2.3.4.5",
        "+1", "-1", "-0", "0x", "0xg", "1e3", " 1", "1 ", "１", ":", ":::", "::1::", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::12345", "::1%lo", "::1.2.3", "::1.2.3.256", "::01.2.3.4.5", "1::2::3", ":1", "1:",
        "::-0",
        "::+1", "[::1]", "::ffff:127.1", "1.2.3.4::",
    ])
    func `what is no address is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        arguments: [
            ("::", 0), ("::1", 1), ("1::", 1 << 112), ("0:0:0:0:0:0:0:1", 1), ("::ffff:127.0.0.1", 0xFFFF_7F00_0001),
            ("::FFFF:7f00:1", 0xFFFF_7F00_0001), ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000),
            ("::2:3:4:5:6:7:8", 0x0000_0002_0003_0004_0005_0006_0007_0008),
            ("1:2:3:4:5:6:1.2.3.4", 0x0001_0002_0003_0004_0005_0006_0102_0304),
        ] as [(String, UInt128)]
    )
    func `IPv6 is one number`(text: String, number: UInt128) {
        #expect(IPAddress(text) == .v6(number))
    }

    @Test func `a mapped address counts as the one it carries`() throws {
        #expect(try #require(IPAddress("::ffff:10.0.0.1")).isInside)
        #expect(try !#require(IPAddress("::ffff:8.8.8.8")).isInside)
        #expect(IPAddress("::ffff:8.8.8.8")?.unmapped == IPAddress("8.8.8.8"))
    }

    @Test func `ranges contain their addresses and no others`() throws {
        let range = try #require(AddressRange("10.1.0.0/16"))
        #expect(range.contains(.v4(0x0A01_0000)) && range.contains(.v4(0x0A01_FFFF)))
        #expect(!range.contains(.v4(0x0A00_FFFF)) && !range.contains(.v4(0x0A02_0000)))
        #expect(range.contains(.v6(0xFFFF_0A01_0001)))
        #expect(AddressRange("0.0.0.0/0")?.contains(.v4(0xFFFF_FFFF)) == true)
        #expect(AddressRange("fd00::/8")?.contains(.v6(0xFD << 120)) == true)
        for text in ["10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "/8", "x/8"] {
            #expect(AddressRange(text) == nil, "\(text)")
        }
    }

    /// The C library is what libcurl hands names to, so its reading is the one that counts.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `random texts are read as inet_pton and inet_aton read them`(seed: UInt64) {
        var random = SeededGenerator(seed)
        let pieces = ["0", "1", "7f", "ffff", "::", ":", ".", "127", "0x7f", "256", "01", "g", "::ffff", "%1", "8"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 1...9, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            var six = in6_addr()
            var four = in_addr()
            let isSix = unsafe inet_pton(AF_INET6, text, &six) == 1
            let isFour = unsafe inet_aton(text, &four) == 1
            let bytes =
                isSix
                ? unsafe withUnsafeBytes(of: &six) { unsafe Array($0) }
                : isFour
                    ? unsafe withUnsafeBytes(of: &four) { unsafe Array($0) } : []
            #expect(IPAddress(text) == IPAddress(bytes: bytes), "\(text)")
        }
    }
}

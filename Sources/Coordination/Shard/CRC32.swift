/// The checksum of zlib, PNG and Ethernet (ISO 3309): reflected, polynomial 0xEDB88320.
package enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    package static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in Self.table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
    }
}

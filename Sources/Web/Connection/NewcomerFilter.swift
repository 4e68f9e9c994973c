import NIOCore

/// Has the kernel drop the first packet of each new connection to a listening socket.
enum NewcomerFilter {
    /// `struct sock_fprog` of <linux/filter.h>, with the pointer as a number.
    private struct Program: Sendable {
        let length: UInt16
        let instructions: UInt
    }

    /// `SO_ATTACH_FILTER`, which is a macro that Swift does not see.
    private static let attachFilter = NIOBSDSocket.Option(rawValue: 26)

    /// The packet begins with its TCP header, whose byte 13 has the flags.
    private static let instructions: [UInt64] = [
        Self.instruction(0x30, 13),  // load that byte
        Self.instruction(0x54, 0x12),  // keep SYN and ACK
        Self.instruction(0x15, 0x02, ifNot: 1),  // SYN alone?
        Self.instruction(0x06, 0),  // then drop all of it
        Self.instruction(0x06, 0xFFFF_FFFF),  // else keep all of it
    ]

    /// Where the kernel does not take it, nothing changes.
    static func attach(to channel: any Channel) {
        guard let socket = channel as? any SocketOptionProvider else { return }
        let count = Self.instructions.count
        // unsafe: the kernel copies the program within the call, which is over when the future is; then it is freed.
        let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        unsafe memory.initialize(from: Self.instructions, count: count)
        let address = UInt(bitPattern: memory)
        socket.unsafeSetSocketOption(
            level: .socket,
            name: Self.attachFilter,
            value: Program(length: UInt16(count), instructions: address)
        )
        .whenComplete { _ in
            unsafe UnsafeMutablePointer<UInt64>(bitPattern: address)?.deallocate()
        }
    }

    /// `struct sock_filter`: code in the lowest 16 bits, where to jump, and a constant in the highest 32.
    private static func instruction(_ code: UInt64, _ constant: UInt64, ifNot: UInt64 = 0) -> UInt64 {
        code | ifNot << 24 | constant << 32
    }
}

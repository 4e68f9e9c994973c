import Foundation
import Glibc
import Logging
import Synchronization
import Telemetry

/// Keeps log lines instead of writing them.
final class RecordedOutput: LogOutput {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { self.recorded.withLock { $0 } }

    func write(_ line: [UInt8]) {
        self.recorded.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }

    /// The last line as JSON.
    func last() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data((self.lines.last ?? "").utf8))
        return object as? [String: Any] ?? [:]
    }
}

/// A logger of its own, without the process-wide set-up.
func makeLogger(
    _ output: any LogOutput,
    level: LogLevelSwitch = LogLevelSwitch(.trace),
    provider: Logger.MetadataProvider? = nil
) -> Logger {
    Logger(label: "tests") { label in
        JSONLogHandler(
            label: label,
            instance: "instance-1",
            output: output,
            level: level,
            metadataProvider: provider,
            now: { 1_795_227_300_000_001 }
        )
    }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Text of all kinds of scalars, the dangerous ones often.
    mutating func text(upTo length: Int) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...length, using: &self) {
            let scalar: UInt32? =
                switch Int.random(in: 0..<6, using: &self) {
                case 0: UInt32.random(in: 0..<0x20, using: &self)
                case 1:
                    [0x22, 0x5C, 0x0A, 0x7F, 0x2028, 0x2029, 0x85, 0x9B, 0x202E, 0x3A, 0x2F, 0x40]
                        .randomElement(using: &self)
                case 2: UInt32.random(in: 0x80..<0xD800, using: &self)
                case 3: UInt32.random(in: 0x10000..<0x11_0000, using: &self)
                default: UInt32.random(in: 0x20..<0x7F, using: &self)
                }
            if let scalar, let valid = Unicode.Scalar(scalar) { text.unicodeScalars.append(valid) }
        }
        return text
    }
}

/// A pipe whose writes stay apart: each `read` gives the bytes of one `write` (see O_DIRECT in pipe2(2)).
final class PacketPipe: Sendable {
    let readEnd: CInt
    let writeEnd: CInt

    init(flags: CInt = PacketPipe.direct) throws {
        // A test that writes to a closed pipe must see EPIPE and live.
        _ = signal(SIGPIPE, SIG_IGN)
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw CocoaError(.fileReadUnknown) }
        guard fcntl(ends[1], F_SETFL, O_WRONLY | flags) == 0 else { throw CocoaError(.fileReadUnknown) }
        self.readEnd = ends[0]
        self.writeEnd = ends[1]
    }

    /// O_DIRECT, which Glibc shows to C only when asked to.
    #if arch(arm64)
    static let direct: CInt = 0o200000
    #else
    static let direct: CInt = 0o40000
    #endif

    func closeReadEnd() { close(self.readEnd) }

    func closeWriteEnd() { close(self.writeEnd) }

    /// The next packet, empty at the end.
    func packet() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe read(self.readEnd, &buffer, buffer.count)
        return Array(buffer.prefix(max(count, 0)))
    }
}

extension String {
    /// The scalars, and if there are more than `limit`, one fewer and the mark of a cut.
    func scalars(cutTo limit: Int) -> [Unicode.Scalar] {
        let scalars = Array(self.unicodeScalars)
        guard scalars.count > limit else { return scalars }
        return scalars.prefix(limit - 1) + ["\u{2026}"]
    }
}

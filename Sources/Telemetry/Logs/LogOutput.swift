import Synchronization

/// Where finished log lines go.
package protocol LogOutput: Sendable {
    /// Takes one whole line, its newline included.
    ///
    /// Never throws and never waits for long: a log is not worth a request.
    func write(_ line: [UInt8])
}

/// Log lines to a file descriptor, one `write(2)` each, so that lines of threads and processes do not mix.
///
/// A line longer than 4096 bytes takes one write per 4096, unless the descriptor is a regular file: a pipe guarantees
/// no more in one piece, and `poll` promises no more room. A reader that stops reading costs one wait of
/// `stallMilliseconds`; from then on lines are dropped, and counted, until it reads again. A broken descriptor
/// drops lines likewise. The process must ignore `SIGPIPE`.
package final class DescriptorLogOutput: LogOutput {
    private struct State {
        var isStalled = false
        /// The last line was cut in its middle, so the next one must not continue it.
        var hasOpenLine = false
        var dropped: UInt64 = 0
    }

    private let descriptor: CInt
    private let pieceSize: Int
    private let mayBlock: Bool
    private let stallMilliseconds: CInt
    private let state = Mutex(State())

    /// Writes to an open descriptor, which stays the caller's to close.
    ///
    /// `stallMilliseconds` is the longest wait for a slow reader: default 1000, range 0 to 60 000.
    package init(descriptor: CInt, stallMilliseconds: Int = 1000) {
        self.descriptor = descriptor
        self.mayBlock = !SystemCalls.isRegularFile(descriptor)
        self.pieceSize = self.mayBlock ? 4096 : Int.max
        self.stallMilliseconds = CInt(min(max(stallMilliseconds, 0), 60000))
    }

    /// Lines that could not be written, since the start.
    package var droppedLines: UInt64 { self.state.withLock { $0.dropped } }

    package func write(_ line: [UInt8]) {
        self.state.withLock { state in
            if state.hasOpenLine {
                guard self.writeAll([UInt8(ascii: "\n")], state: &state) else {
                    state.dropped += 1
                    return
                }
                state.hasOpenLine = false
            }
            if !self.writeAll(line, state: &state) { state.dropped += 1 }
        }
    }

    private func writeAll(_ bytes: [UInt8], state: inout State) -> Bool {
        var position = 0
        var refusals = 0
        while position < bytes.count, refusals < Self.refusalLimit, self.waitForRoom(&state) {
            let piece = position..<(position + min(bytes.count - position, self.pieceSize))
            switch SystemCalls.write(bytes, in: piece, to: self.descriptor) {
            case .bytes(let count): position += count
            // Another writer of a non-blocking pipe may take the room that `poll` saw.
            case .interrupted, .wouldBlock: refusals += 1
            case .broken: refusals = Self.refusalLimit
            }
        }
        let isWhole = position == bytes.count
        if !isWhole && position > 0 { state.hasOpenLine = true }
        return isWhole
    }

    private func waitForRoom(_ state: inout State) -> Bool {
        guard self.mayBlock else { return true }
        let wait = state.isStalled ? 0 : self.stallMilliseconds
        state.isStalled = !SystemCalls.waitUntilWritable(self.descriptor, milliseconds: wait)
        return !state.isStalled
    }

    private static let refusalLimit = 16
}

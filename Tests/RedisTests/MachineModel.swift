import Redis

/// A model of the wire beside the machine: it knows which command each reply answers.
package struct MachineModel {
    package private(set) var taken: [Int] = []
    package private(set) var returned: [Int] = []
    package private(set) var complaints: [String] = []
    private var machine: ConnectionMachine<Int>
    /// The replies that Redis still owes, in order; `nil` for commands of the machine's own.
    private var wire: [Int?] = []
    private var unflushed: [Int?] = []
    private var abandoned: Set<Int> = []
    private var nextTicket = 0
    private var now = 0

    package init(inFlight: Int) {
        var limits = ConnectionLimits.testing
        limits.inFlight = inFlight
        self.machine = ConnectionMachine(limits: limits)
    }

    package mutating func step(using random: inout some RandomNumberGenerator) {
        self.now += Int.random(in: 0...60, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35: self.send(using: &random)
        case 35..<55: self.flush()
        case 55..<85: self.reply(using: &random)
        case 85..<95: self.tick()
        case 95: self.drain()
        case 96: self.close(because: .closed)
        case 97: self.reopen()
        default: self.reopen()
        }
    }

    package mutating func end() { self.close(because: .closed) }

    private mutating func reopen() {
        guard case .connecting = self.machine.phase else {
            guard case .closed = self.machine.phase else { return }
            self.machine = ConnectionMachine(limits: .testing)
            return
        }
        self.machine.opened(greetings: 2, at: .at(self.now))
        self.unflushed = [nil, nil]
        self.wire = []
    }

    private mutating func send(using random: inout some RandomNumberGenerator) {
        self.nextTicket += 1
        let ticket = self.nextTicket
        let deadline = Uptime.at(self.now + Int.random(in: 0...300, using: &random))
        guard self.machine.send(ticket, deadline: deadline, at: .at(self.now)) == .write else { return }
        self.taken.append(ticket)
        self.unflushed.append(ticket)
    }

    private mutating func flush() {
        self.machine.flushed()
        self.wire += self.unflushed
        self.unflushed = []
    }

    private mutating func reply(using random: inout some RandomNumberGenerator) {
        guard !self.wire.isEmpty else { return }
        self.machine.received(at: .at(self.now))
        let asked = self.wire.removeFirst()
        let isRefused = Int.random(in: 0..<30, using: &random) == 0
        let refusal = isRefused ? RedisRefusal("READONLY You can't write") : nil
        switch self.machine.replied(refusal) {
        case .skip, .welcome:
            if let asked, !self.abandoned.contains(asked) { self.complaints.append("reply to \(asked) was lost") }
        case .deliver(let ticket): self.delivered(ticket, asked)
        case .deliverAndClose(let ticket, let cause):
            if let ticket { self.delivered(ticket, asked) }
            self.close(because: cause)
        case .close(let cause): self.close(because: cause)
        }
    }

    private mutating func delivered(_ ticket: Int, _ asked: Int?) {
        if ticket != asked { self.complaints.append("\(ticket) got the reply to \(asked ?? 0)") }
        self.returned.append(ticket)
    }

    private mutating func tick() {
        for ticket in self.machine.expired(at: .at(self.now)) {
            self.abandoned.insert(ticket)
            self.returned.append(ticket)
        }
        switch self.machine.ticked(at: .at(self.now)) {
        case .nothing: break
        case .ping: self.unflushed.append(nil)
        case .close(let cause): self.close(because: cause)
        }
    }

    private mutating func drain() {
        guard self.machine.drain(because: .draining, deadline: .at(self.now + 200)) == .close else { return }
        self.close(because: .draining)
    }

    private mutating func close(because cause: RedisError.Cause) {
        guard let closed = self.machine.close(because: cause) else { return }
        let unsent = self.unflushed.compactMap(\.self).filter { !self.abandoned.contains($0) }
        if closed.unsent != unsent { self.complaints.append("unsent \(closed.unsent), not \(unsent)") }
        let unknown = self.wire.compactMap(\.self).filter { !self.abandoned.contains($0) }
        if closed.unknown != unknown { self.complaints.append("unknown \(closed.unknown), not \(unknown)") }
        self.returned += closed.unknown + closed.unsent
        self.wire = []
        self.unflushed = []
    }
}

import NIOCore
import NIOHTTP1

/// Answers that are ready before their request is whole.
extension HTTPConnectionChannelHandler {
    /// Reads and drops the rest of the newest request before its answer leaves, when its client sends it unasked.
    func holdBack() {
        guard let newest = self.newest, newest.sendsBody else { return }
        self.machine.holdBack(remaining: newest.announced.map { $0 - self.machine.receivedBytes })
        self.holdEnd = .now() + self.loop.configuration.bodyDeadline
        // The reader of the body may have stopped reading.
        if self.machine.isHolding, let context = self.context { self.read(context: context) }
    }

    /// Ends the waiting when a client sends on and on.
    func followHolding() {
        if self.machine.isHolding, self.holdEnd < .now() { self.releaseEarly() }
    }

    /// Lets the answer leave before its request is whole, and says in it that it is the connection's last.
    @discardableResult
    func releaseEarly() -> Bool {
        self.machine.releaseEarly { $0.announceClose() }
    }
}

extension RoutedPart {
    /// Says in a head that its answer is the connection's last.
    fileprivate mutating func announceClose() {
        guard case .head(var head) = self.part else { return }
        head.headers.replaceOrAdd(name: "connection", value: "close")
        self.part = .head(head)
    }
}

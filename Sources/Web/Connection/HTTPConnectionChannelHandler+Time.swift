import NIOCore

/// The deadlines of a connection, and its value when other connections need its place.
extension HTTPConnectionChannelHandler: YieldingConnection {
    func followActivity() {
        let activity: ConnectionDeadlineMachine.Activity
        switch self.machine.phase {
        case .lingering: activity = self.isOutputClosed ? .lingering : .idle
        case .closed: activity = .answering
        case .open, .finishing:
            if self.machine.isHolding {
                activity = .dropping
            } else if self.machine.reading == .routed {
                activity = .reading
            } else {
                activity = self.machine.owed > 0 ? .answering : .idle
            }
        }
        let isSilent = activity == .idle && !self.hasProgressed
        self.hasProgressed = false
        // Bytes that made no request and no answer prove nothing: the time goes on.
        let isAnew = activity == .idle || activity == .dropping
        if !isSilent, isAnew || activity != self.deadlines.activity {
            self.deadlines.entered(activity, at: NIODeadline.now().uptimeNanoseconds)
        }
        self.armTimer()
    }

    /// One timer a connection, moved only when it would fire too late.
    func armTimer() {
        guard let deadline = self.deadlines.deadline, let context = self.context else { return }
        if let timer = self.timer, timer.at <= deadline { return }
        self.timer?.task.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(deadline)) { bound.value.timerFired() }
        self.timer = (task, deadline)
    }

    private func timerFired() {
        self.timer = nil
        switch self.deadlines.expired(at: NIODeadline.now().uptimeNanoseconds) {
        case .none: self.armTimer()
        case .closeIdle, .closeSlowHead, .closeLingering: self.context?.close(promise: nil)
        case .refuseSlowBody: self.refuseSlowBody()
        }
    }

    private func refuseSlowBody() {
        if self.releaseEarly() { return self.pump() }
        guard let ticket = self.machine.refuseNewest() else {
            self.context?.close(promise: nil)
            return
        }
        self.refuse(ticket, .requestTimeout, self.newest)
        self.pump()
    }

    // MARK: Giving way

    var spare: SpareConnection? {
        if let since = self.unreadSince { return SpareConnection(.unread, since: since) }
        return switch self.deadlines.activity {
        case .idle: SpareConnection(self.machine.nextTicket == 0 ? .silent : .served, since: self.deadlines.since)
        case .readingHead, .reading, .dropping: SpareConnection(.slow, since: self.deadlines.since)
        case .answering, .lingering: nil
        }
    }

    func yield() {
        switch self.deadlines.activity {
        case .reading, .dropping: self.refuseSlowBody()
        case .idle, .readingHead, .answering, .lingering: self.context?.close(promise: nil)
        }
    }
}

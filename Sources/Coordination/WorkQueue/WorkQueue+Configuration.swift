extension WorkQueue {
    package struct Configuration: Hashable, Sendable {
        /// Messages of one stream in one read or one reclaim; default 16, range 1…1000.
        ///
        /// All streams together give at most this many times their number; fewer while handling them takes long.
        package var batchLimit = 16
        /// How long a read that finds nothing waits in Redis; default 1 s, range 10 ms…60 s.
        ///
        /// It waits less when something else is due. A cancelled queue may take this long to end.
        package var block = Duration.seconds(1)
        /// Idle time after which a message is taken over; default 5 s, range 10 ms…24 h.
        ///
        /// Longer than the work of one read takes: a message that is taken over from a consumer that still works is
        /// done twice.
        package var reclaimAfter = Duration.seconds(5)
        /// Time between two looks for messages to take over, give or take a half; default 1 s, range 10 ms…1 h.
        package var reclaimInterval = Duration.seconds(1)
        /// Idle time after which a consumer without pending messages is forgotten; default 60 s, range 10 ms…24 h.
        package var consumerIdleLimit = Duration.seconds(60)
        /// Time between two looks for such consumers, give or take a half; default 30 s, range 10 ms…24 h.
        package var cleanInterval = Duration.seconds(30)

        package init() {}
    }
}

/// The limits of an ``RPCServer``.
package struct ConnectConfiguration: Hashable, Sendable {
    /// Most bytes of one message of a request, unpacked; beyond it `resource_exhausted`.
    ///
    /// Default 4 MiB, range 1 KiB…64 MiB.
    package var messageLimit: Int
    /// Time a unary call may take; beyond it `deadline_exceeded`, also when its caller would wait longer.
    ///
    /// Default 5 s.
    package var deadline: Duration
    /// Unary calls at work at once; beyond it `unavailable`.
    ///
    /// Default 512.
    package var concurrentLimit: Int
    /// Costly unary calls at work at once, which count by themselves; others wait for them.
    ///
    /// Default 4.
    package var costlyLimit: Int
    /// Open streams; beyond it `unavailable`.
    ///
    /// Default 1024.
    package var streamLimit: Int
    /// Open streams of one caller with a key; beyond it `resource_exhausted`.
    ///
    /// Default 256.
    package var callerStreamLimit: Int
    /// Open streams of health checks and reflection, which count by themselves; beyond it `unavailable`.
    ///
    /// Default 64.
    package var healthStreamLimit: Int
    /// Time that a stream waits for a caller that does not read; beyond it the connection is closed.
    ///
    /// Default 30 s.
    package var stallLimit: Duration
    /// Bytes of a message from which on an answer is compressed, for callers that accept it.
    ///
    /// Default 1024, range 0…1048576.
    package var compressionThreshold: Int

    package init() {
        self.messageLimit = 4 << 20
        self.deadline = .seconds(5)
        self.concurrentLimit = 512
        self.costlyLimit = 4
        self.streamLimit = 1024
        self.callerStreamLimit = 256
        self.healthStreamLimit = 64
        self.stallLimit = .seconds(30)
        self.compressionThreshold = 1024
    }
}

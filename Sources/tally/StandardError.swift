import SystemPackage

/// Where people read what is not the result.
enum StandardError {
    /// Writes text as it is.
    ///
    /// An output that nobody can read is no reason to fail.
    static func write(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
    }
}

import SystemPackage

/// Where results go that somebody may read as they come, through a pipe too.
enum StandardOutput {
    /// Writes a line at once; false when nobody reads it any more.
    static func write(line: String) -> Bool {
        // The reader has gone: that is the only reason that matters here.
        (try? FileDescriptor.standardOutput.writeAll("\(line)\n".utf8)) != nil
    }
}

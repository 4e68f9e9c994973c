/// A condition that did not come true in time.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String
}

/// Waits until `condition` holds, and throws when it does not within `limit`.
///
/// The limit only guards against hanging: it says nothing about how fast anything has to be, and grows with
/// ``Patience/factor``.
package func eventually(
    _ what: String = "the condition",
    within limit: Duration = .seconds(20),
    file: StaticString = #fileID,
    line: UInt = #line,
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + limit * Patience.factor
    var pause = Duration.milliseconds(1)
    while try await !condition() {
        guard clock.now < end else {
            throw NeverHappened(description: "\(what) did not come true in \(limit) (\(file):\(line))")
        }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(20))
    }
}

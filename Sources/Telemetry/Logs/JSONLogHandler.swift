package import Logging

/// Writes each event as one line of JSON.
///
/// The keys come in this order: `ts`, `level`, `msg`, `logger`, `instance`, `error` (when there is one), then the
/// metadata by name. Metadata that would overwrite one of these is written under the same name with `_` before it.
/// A level set on one logger holds for it alone; all others follow the ``LogLevelSwitch``.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let instance: String
    private let output: any LogOutput
    private let level: LogLevelSwitch
    private let now: @Sendable () -> Int64
    private var ownLevel: Logger.Level?

    /// A handler for the logger of this label.
    ///
    /// `now` gives microseconds since 1970.
    package init(
        label: String,
        instance: String,
        output: any LogOutput,
        level: LogLevelSwitch,
        metadataProvider: Logger.MetadataProvider? = nil,
        now: @escaping @Sendable () -> Int64 = { SystemCalls.microsecondsSinceEpoch() }
    ) {
        self.label = label
        self.instance = instance
        self.output = output
        self.level = level
        self.metadataProvider = metadataProvider
        self.now = now
    }

    package var logLevel: Logger.Level {
        get { self.ownLevel ?? self.level.level }
        set { self.ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = LogLine()
        line.add("ts", microsecondsSinceEpoch: self.now())
        line.add("level", text: event.level.rawValue)
        line.add("msg", text: event.message.description)
        line.add("logger", text: self.label)
        line.add("instance", text: self.instance)
        if let error = event.error { line.add("error", text: "\(error)") }
        self.addMetadata(of: event, to: &line)
        self.output.write(line.finished())
    }

    private func addMetadata(of event: LogEvent, to line: inout LogLine) {
        var merged = self.metadata
        if let provided = self.metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let own = event.metadata { merged.merge(own) { $1 } }
        guard !merged.isEmpty else { return }
        for (name, value) in merged.sorted(by: { $0.key < $1.key }) {
            guard !line.isFull else { return line.add("_cut", flag: true) }
            var key = name
            // `_level` may itself be taken, by metadata that already has that name.
            while self.isReserved(key, hasError: event.error != nil) || (key != name && merged[key] != nil) {
                key = "_" + key
            }
            line.add(key, named: name, value: value)
        }
    }

    private func isReserved(_ key: String, hasError: Bool) -> Bool {
        switch key {
        case "ts", "level", "msg", "logger", "instance", "_cut": true
        case "error": hasError
        default: false
        }
    }
}

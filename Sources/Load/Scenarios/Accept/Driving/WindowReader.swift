package import NIOHTTP1

/// Reads the heads of answers; keeps the last window it read, because the next one is nearly always the same.
package struct WindowReader {
    private var last: (text: String, start: Int64) = ("", 0)

    package init() {}

    package mutating func answer(_ head: HTTPResponseHead) -> IDAnswer {
        var isFirst: Bool?
        var hasGoodHeaders = true
        switch head.headers.first(name: "x-unique") {
        case "1"?: isFirst = true
        case "0"?: isFirst = false
        case nil: break
        case _?: hasGoodHeaders = false
        }
        var window: Int64?
        if let text = head.headers.first(name: "x-unique-minute") {
            window = self.start(text)
            hasGoodHeaders = hasGoodHeaders && window != nil
        }
        return IDAnswer(
            status: Int(head.status.code),
            window: window,
            isFirst: isFirst,
            hasGoodHeaders: hasGoodHeaders,
            isKeepingAlive: head.isKeepAlive
        )
    }

    private mutating func start(_ text: String) -> Int64? {
        if text == self.last.text { return self.last.start }
        guard let start = RFC3339.seconds(text) else { return nil }
        self.last = (text, start)
        return start
    }
}

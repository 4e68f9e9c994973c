package import JSON

/// Batches of JSON-RPC 2.0 as bytes, and what came back of them put in order.
package enum RPCBatch {
    /// An array of calls with the ids 0, 1, 2 …; one call alone is no array, for nodes that know no batches.
    package static func body(_ requests: [RPCRequest]) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(requests.reduce(2) { $0 + $1.parameters.utf8.count + 96 })
        if requests.count != 1 { body.append(UInt8(ascii: "[")) }
        for (id, request) in requests.enumerated() {
            if id > 0 { body.append(UInt8(ascii: ",")) }
            body += "{\"jsonrpc\":\"2.0\",\"id\":".utf8
            body += String(id).utf8
            body += ",\"method\":\"".utf8
            body += request.method.rawValue.utf8
            body += "\",\"params\":".utf8
            body += request.parameters.utf8
            body.append(UInt8(ascii: "}"))
        }
        if requests.count != 1 { body.append(UInt8(ascii: "]")) }
        return body
    }

    /// The answers in the order of the calls, whatever order they came in.
    ///
    /// Ids that nobody asked for are passed over. An id that came twice has no answer: which one would be true?
    package static func answers(
        _ value: JSONValue,
        count: Int
    ) throws(NodeError) -> [Result<JSONValue, RPCFault>] {
        let items: [JSONValue]
        switch value {
        case .array(let array): items = array
        case .object: items = [value]
        case .string, .number, .bool, .null: throw .malformed
        }
        var answers = [Result<JSONValue, RPCFault>](repeating: .failure(.missing), count: count)
        var isAnswered = [Bool](repeating: false, count: count)
        var stranger: RPCRefusal?
        for item in items {
            guard case .object(let members) = item else { continue }
            let answer = Self.answer(members)
            guard let id = Self.id(members["id"]), id < count else {
                if case .failure(.refused(let refusal)) = answer { stranger = refusal }
                continue
            }
            answers[id] = isAnswered[id] ? .failure(.malformed) : answer
            isAnswered[id] = true
        }
        let answered = isAnswered.count { $0 }
        guard answered > 0 || count == 0 else {
            throw stranger.map { .fault(.refused($0)) } ?? .malformed
        }
        // A node that wants smaller batches refuses the first call and leaves the others out.
        if answered == 1, count > 1, case .failure(.refused(let refusal)) = answers[0] {
            throw .fault(.refused(refusal))
        }
        return answers
    }

    private static func answer(_ members: [String: JSONValue]) -> Result<JSONValue, RPCFault> {
        switch members["error"] {
        case nil, .null:
            guard let result = members["result"] else { return .failure(.malformed) }
            return .success(result)
        case .object(let error):
            return .failure(.refused(Self.refusal(error)))
        case .string(let text):
            return .failure(.refused(RPCRefusal(code: nil, text: text)))
        case .array, .number, .bool:
            return .failure(.malformed)
        }
    }

    private static func refusal(_ error: [String: JSONValue]) -> RPCRefusal {
        var code: Int64?
        if case .number(let text) = error["code"] { code = Int64(text) }
        let detail =
            switch error["data"] {
            case .string(let text): text
            case .object(let data): data["message"]?.text ?? ""
            default: ""
            }
        return RPCRefusal(code: code, text: error["message"]?.text ?? "", detail: detail)
    }

    /// Some proxies make strings of numbers.
    private static func id(_ value: JSONValue?) -> Int? {
        let text: String
        switch value {
        case .number(let number): text = number
        case .string(let string): text = string
        default: return nil
        }
        guard text.utf8.first.map({ (0x30...0x39).contains($0) }) == true else { return nil }
        return Int(text)
    }
}

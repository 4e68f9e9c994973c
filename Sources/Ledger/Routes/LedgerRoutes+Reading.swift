import Coordination
import HTTPTypes
import Hummingbird
import NIOCore
import Web

extension LedgerRoutes {
    func balance(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        let account = try self.account(context)
        let tags = try EntityTags.read(request.headers, .ifNoneMatch)
        let balance = try await self.ledger.balance(account)
        let tag = Self.tag(account.user, balance.sequence)
        if tags?.matchesWeakly(String(tag.dropFirst().dropLast())) ?? false {
            return Response(status: .notModified, headers: [.eTag: tag, .cacheControl: "no-cache"])
        }
        // A client may keep it, and must ask each time whether it still holds.
        return Response(
            json: self.json(account.user).balance(balance),
            fields: [.eTag: tag, .cacheControl: "no-cache"]
        )
    }

    func history(_ context: WebRequestContext) async throws -> Response {
        let account = try self.account(context)
        guard let page = try await self.ledger.history(account, Self.pageRequest(context.query)) else {
            throw Problem.parameterInvalid("'as_of' is later than the newest transaction.")
        }
        return Response(json: self.json(account.user).history(page))
    }

    private static func pageRequest(_ query: QueryParameters) throws -> Ledger.PageRequest {
        if let cursor = query["cursor"] {
            guard query.names == ["cursor"] else {
                throw Problem.parameterInvalid("'cursor' stands alone.")
            }
            guard let sequence = self.number(cursor), sequence >= 1 else {
                throw Problem.parameterInvalid("'cursor' is the sequence of a transaction, from 1.")
            }
            return .before(sequence)
        }
        guard let number = self.number(query["page"] ?? "1"), (1...HistoryPage.largestNumber).contains(number) else {
            throw LedgerError.pageInvalid
        }
        let asOf = try query["as_of"].map { text in
            guard let sequence = self.number(text) else {
                throw Problem.parameterInvalid("'as_of' is the sequence of a transaction, or 0.")
            }
            return sequence
        }
        return .number(number, asOf: asOf)
    }

    /// Plain digits that fit.
    private static func number(_ text: String) -> Int64? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int64(text) : nil
    }

    func statement(_ context: WebRequestContext) async throws -> Response {
        let account = try self.account(context)
        let query = context.query
        guard let format = Statement.Format(rawValue: query["format"] ?? "csv") else {
            throw Problem.parameterInvalid("'format' is csv or ndjson.")
        }
        let from = try Self.time(query["from"])
        let to = try Self.time(query["to"])
        if let from, let to, from > to { throw Problem.parameterInvalid("'from' must not be later than 'to'.") }
        let statement = try await self.ledger.statement(account, from: from, to: to)
        let text = StatementText(statement: statement, format: format)
        let ledger = self.ledger
        return Response(
            status: .ok,
            headers: [.contentType: StatementText.mediaType(format), .cacheControl: "no-store"],
            // A failure on the way cuts the connection: a statement without its closing line is not whole.
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: text.head))
                var next = statement.opening + 1
                while next <= statement.closing {
                    let last = min(next + Ledger.statementSlice - 1, statement.closing)
                    // Not on the connection's event loop, which others wait for.
                    let lines = try await withTaskExecutorPreference(globalConcurrentExecutor) {
                        try await Self.lines(next...last, of: account, in: ledger, as: text)
                    }
                    try await writer.write(lines)
                    next = last + 1
                }
                try await writer.write(ByteBuffer(string: text.tail))
                try await writer.finish(nil)
            }
        )
    }

    /// The entries of a part of a statement as text: all of them, or an error.
    @concurrent
    private static func lines(
        _ range: ClosedRange<Int64>,
        of account: Account,
        in ledger: Ledger,
        as text: StatementText
    ) async throws -> ByteBuffer {
        let entries = try await ledger.entries(account, range)
        guard entries.count == range.count else { throw LedgerError.storeInconsistent }
        return ByteBuffer(string: entries.map(text.line).joined())
    }

    private static func time(_ text: String?) throws(Problem) -> ServerTime? {
        guard let text else { return nil }
        guard let time = ServerTime(rfc3339: text, rounding: .later) else {
            throw .parameterInvalid("A time is written as RFC 3339 in UTC: 2026-11-21T02:15:00Z or …00.123Z.")
        }
        return time
    }

    /// `gopal.7`, or `gopal.` and the id of an operation that had to wait.
    func transaction(_ context: WebRequestContext) async throws -> Response {
        let words = (context.parameters.get("id") ?? "").split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 2, let user = UserID(words[0]) else { throw LedgerError.transactionInvalid }
        let account = self.ledger.account(user)
        let json = self.json(user)
        if OperationID.isValid(words[1]) {
            switch try await self.ledger.operation(account, id: String(words[1])) {
            case .done(let entry): return Response(json: json.done(entry))
            case .queued(let amount):
                return Response(json: json.pending("\(user.text).\(words[1])", amount: amount, reason: nil))
            case .failed(let amount, let reason):
                return Response(json: json.pending("\(user.text).\(words[1])", amount: amount, reason: reason.rawValue))
            case nil: throw LedgerError.transactionUnknown
            }
        }
        guard let sequence = Self.number(String(words[1])), sequence >= 1, String(sequence) == words[1] else {
            throw LedgerError.transactionInvalid
        }
        guard let entry = try await self.ledger.entries(account, sequence...sequence).first,
            // An add that had to wait has another id, and only that one.
            entry.operation == nil || entry.kind.isPayment
        else { throw LedgerError.transactionUnknown }
        return Response(json: json.done(entry))
    }
}

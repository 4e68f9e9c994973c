import RESP
package import Redis

/// A log of operators' actions in Redis, written before and after each; every entry is chained to the last by its hash.
package struct AdminLog: Sendable {
    /// One action of an operator: actor, verb and object.
    package struct Action: Hashable, Sendable {
        /// `cli:user@host`, or `api:` and the name of an API key.
        package let actor: String
        /// Such as `coupons.pause`.
        package let name: String
        /// The object of the action; cut to 200 characters.
        package let object: String
        /// The id of the request that brings it; empty for none.
        package let requestID: String

        package init(actor: String, name: String, object: String, requestID: String = "") {
            self.actor = String(actor.prefix(200))
            self.name = name
            self.object = String(object.prefix(200))
            self.requestID = requestID
        }

        /// Its fields in an entry of the log.
        package func fields(outcome: String, detail: String = "") -> [String] {
            var fields = ["actor", self.actor, "action", self.name, "object", self.object, "outcome", outcome]
            if !detail.isEmpty { fields += ["detail", String(detail.prefix(200))] }
            if !self.requestID.isEmpty { fields += ["request_id", self.requestID] }
            return fields
        }
    }

    private let redis: any RedisClient

    package init(redis: any RedisClient) {
        self.redis = redis
    }

    /// Carries out an action between two entries: `begun`, and `done` or `failed`.
    ///
    /// `detail` makes the second entry's text from the answer. An action whose first entry cannot be written does not
    /// happen. A `begun` without an end says that the outcome is unknown: look at the object. Two round trips besides
    /// the action's own.
    package func record<Answer, Failure: Error>(
        _ action: Action,
        unwritten: (RedisError) -> Failure,
        detail: (Answer) -> String = { _ in "" },
        _ body: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        do throws(RedisError) { try await self.append(action.fields(outcome: "begun")) } catch {
            throw unwritten(error)
        }
        let answer: Answer
        do throws(Failure) { answer = try await body() } catch {
            try? await self.append(action.fields(outcome: "failed", detail: "\(error)"))
            throw error
        }
        try? await self.append(action.fields(outcome: "done", detail: detail(answer)))
        return answer
    }

    /// Adds one entry.
    ///
    /// One round trip.
    package func append(_ fields: [String]) async throws(RedisError) {
        let call = RedisScriptCall(
            .adminLogAppend,
            keys: [AdminKeys.log, AdminKeys.head],
            arguments: fields.map { .text($0) }
        )
        _ = try await self.redis.run(call, within: nil)
    }

    /// Entries behind a number, oldest first; an entry that is none of ours is left out.
    ///
    /// One round trip.
    package func entries(after number: Int64, limit: Int) async throws(RedisError) -> [AdminEntry] {
        let reply = try await self.redis.send(
            RedisCommand("XRANGE", .key(AdminKeys.log), .text("(\(number)-0"), "+", "COUNT", .integer(limit)),
            within: nil
        )
        return (reply.array ?? []).compactMap { AdminEntry($0) }
    }

    /// The newest entries, oldest first.
    ///
    /// One round trip.
    package func newest(_ count: Int) async throws(RedisError) -> [AdminEntry] {
        let reply = try await self.redis.send(
            RedisCommand("XREVRANGE", .key(AdminKeys.log), "+", "-", "COUNT", .integer(count)),
            within: nil
        )
        return (reply.array ?? []).compactMap { AdminEntry($0) }.reversed()
    }

    /// Number and hash of the last entry; 0 and `start` before the first.
    ///
    /// One round trip.
    package func head() async throws(RedisError) -> (number: Int64, hash: String) {
        let reply = try await self.redis.send(RedisCommand("GET", .key(AdminKeys.head)), within: nil)
        let words = (reply.string ?? "0 start").split(separator: " ")
        guard words.count == 2, let number = Int64(words[0]) else { return (-1, "") }
        return (number, String(words[1]))
    }
}

extension RedisScript {
    fileprivate static let adminLogAppend = RedisScript(
        "admin_log_append",
        source: LuaLibrary.adminLog + PackageResources.admin_log_append_lua
    )
}

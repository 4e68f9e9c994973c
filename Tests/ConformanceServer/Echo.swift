import Connect
import HTTPTypes
import SwiftProtobuf

/// The requests that the service sends back, and the words in which it is told its answer.
enum Echo {
    /// The requests so far, with what came before them.
    static func info(_ requests: [any Message], _ context: RPCContext) throws -> ConformancePayload.RequestInfo {
        var info = ConformancePayload.RequestInfo()
        info.requestHeaders = self.headers(context.headers.map { ($0.name.canonicalName, $0.value) })
        if let timeout = context.timeout { info.timeoutMs = Int64(timeout / .milliseconds(1)) }
        info.requests = try self.anys(requests)
        if context.isGet {
            info.connectGetInfo.queryParams = self.headers(context.query.map { ($0.name, $0.value) })
        }
        return info
    }

    static func anys(_ messages: [any Message]) throws -> [Google_Protobuf_Any] {
        try messages.map { try Google_Protobuf_Any(message: $0) }
    }

    /// Values under one name stay together, in their order.
    private static func headers(_ pairs: [(name: String, value: String)]) -> [Header] {
        var headers: [Header] = []
        for pair in pairs {
            if let index = headers.firstIndex(where: { $0.name == pair.name }) {
                headers[index].value.append(pair.value)
            } else {
                headers.append(.with { ($0.name, $0.value) = (pair.name, [pair.value]) })
            }
        }
        return headers
    }

    static func fields(_ headers: [Header]) -> HTTPFields {
        var fields = HTTPFields()
        for header in headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            for value in header.value { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    /// The error that was asked for, with what was received as its last detail, when that has not been sent yet.
    static func error(
        _ definition: ErrorDefinition,
        _ info: ConformancePayload.RequestInfo?,
        headers: HTTPFields = [:],
        trailers: HTTPFields
    ) -> RPCError {
        var details = definition.details.map { detail in
            RPCDetail(type: String(detail.typeURL.split(separator: "/").last ?? ""), value: [UInt8](detail.value))
        }
        if let info { details.append(RPCDetail(info)) }
        return RPCError(
            RPCCode(rawValue: definition.code.rawValue) ?? .unknown,
            definition.message,
            details: details,
            headers: headers,
            trailers: trailers
        )
    }
}

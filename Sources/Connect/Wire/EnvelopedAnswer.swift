import FoundationEssentials
import HTTPTypes
import JSON
import NIOCore
import SwiftProtobuf

/// How an answer in envelopes is written: every stream, and all of gRPC and gRPC-Web.
struct EnvelopedAnswer: Sendable {
    let form: CallForm
    let coding: ContentCoding
    let threshold: Int

    /// The head's fields, besides the handler's.
    var fields: HTTPFields {
        var fields: HTTPFields = [.contentType: self.form.contentType]
        let names = self.form.codingNames
        if self.coding != .identity { fields[names.content] = self.coding.rawValue }
        fields[names.accept] = ContentCoding.gzip.rawValue
        return fields
    }

    func frame(_ message: [UInt8]) -> ByteBuffer {
        guard let packed = self.coding.packed(message, threshold: self.threshold) else {
            return Envelope.frame(message, [])
        }
        return Envelope.frame(packed, .isPacked)
    }

    /// The end behind the last message: a frame, or trailers of HTTP.
    func end(_ error: RPCError?, trailers: HTTPFields) -> (frame: ByteBuffer?, trailers: HTTPFields?) {
        let trailers = trailers.withoutReserved
        switch self.form.rpcProtocol {
        case .connect: return (Envelope.frame(Self.connectEnd(error, trailers), .isEnd), nil)
        case .grpc: return (nil, Self.grpcTrailers(error, trailers))
        case .grpcWeb:
            let lines = Self.grpcTrailers(error, trailers).map { "\($0.name.canonicalName): \($0.value)\r\n" }
            return (Envelope.frame(Array(lines.joined().utf8), .isTrailers), nil)
        }
    }

    private static func connectEnd(_ error: RPCError?, _ trailers: HTTPFields) -> [UInt8] {
        var members: [String] = []
        if let error { members.append("\"error\":\(error.json)") }
        if !trailers.isEmpty {
            var names: [HTTPField.Name] = []
            for field in trailers where !names.contains(field.name) { names.append(field.name) }
            let entries = names.map { name in
                let values = trailers[values: name].map(JSONText.quoted).joined(separator: ",")
                return "\(JSONText.quoted(name.rawName)):[\(values)]"
            }
            members.append("\"metadata\":{\(entries.joined(separator: ","))}")
        }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    private static func grpcTrailers(_ error: RPCError?, _ trailers: HTTPFields) -> HTTPFields {
        var fields: HTTPFields = [.grpcStatus: String(error?.code.number ?? 0)]
        if let error {
            if !error.message.isEmpty { fields[.grpcMessage] = GRPCMessage.encoded(error.message) }
            if !error.details.isEmpty { fields[.grpcStatusDetails] = Base64.encoded(Self.status(error)) }
        }
        for field in trailers { fields.append(field) }
        return fields
    }

    /// The error as a `google.rpc.Status`.
    private static func status(_ error: RPCError) -> [UInt8] {
        let status = Google_Rpc_Status.with {
            $0.code = Int32(error.code.number)
            $0.message = error.message
            $0.details = error.details.map { detail in
                Google_Protobuf_Any.with {
                    $0.typeURL = "type.googleapis.com/\(detail.type)"
                    $0.value = Data(detail.value)
                }
            }
        }
        // A message of proto3 always has a binary form.
        return (try? status.serializedBytes()) ?? []
    }
}

/// The text of an error as `grpc-message` writes it: bytes beyond printable ASCII are percent-encoded.
package enum GRPCMessage {
    package static func encoded(_ message: String) -> String {
        var text = ""
        for byte in message.utf8 {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                text += "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
            }
        }
        return text
    }
}

package import SwiftProtobuf

/// A message that tells a program more about an error.
package struct RPCDetail: Hashable, Sendable {
    /// The full name of the message, such as `google.rpc.ErrorInfo`.
    package let type: String
    /// The message in the binary form.
    package let value: [UInt8]

    package init(type: String, value: [UInt8]) {
        self.type = type
        self.value = value
    }

    package init(_ message: some Message) {
        self.type = Swift.type(of: message).protoMessageName
        // Only a message of proto2 that lacks a required field has no binary form.
        self.value = (try? message.serializedBytes()) ?? []
    }
}

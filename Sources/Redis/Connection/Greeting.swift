package import NIOCore
import RESP

/// The first commands on a connection, sent in one write: our credentials, and a `PING` that shows Redis at work.
package struct Greeting: Sendable {
    package let bytes: ByteBuffer
    /// The replies to expect.
    package let count: Int

    package init(_ configuration: RedisConfiguration, clientName: String) {
        var commands: [RedisCommand] = []
        let address = configuration.address
        switch (address.username, address.password) {
        case (let user?, let password): commands.append(RedisCommand("AUTH", .text(user), .text(password ?? "")))
        case (nil, let password?): commands.append(RedisCommand("AUTH", .text(password)))
        case (nil, nil): break
        }
        if !clientName.isEmpty { commands.append(RedisCommand("CLIENT", "SETNAME", .text(clientName))) }
        if address.database != 0 { commands.append(RedisCommand("SELECT", .integer(address.database))) }
        // Refused while Redis loads its data or a script holds it up: then it is not ready.
        commands.append(RedisCommand("PING"))
        var bytes = ByteBuffer()
        for command in commands { bytes.writeImmutableBuffer(command.encoded) }
        self.bytes = bytes
        self.count = commands.count
    }

    /// The keep-alive of an idle connection.
    package static let ping = RedisCommand("PING").encoded
}

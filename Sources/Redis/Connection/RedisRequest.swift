package import NIOCore
package import RESP

/// One caller's request: the bytes to write, and all that is needed to write them again in another form.
package enum RedisRequest: Sendable {
    case command(RedisCommand)
    case script(RedisScriptCall, RedisScriptCall.Form)

    /// The metric label `command`.
    package var name: String {
        switch self {
        case .command(let command): command.name
        case .script(let call, _): call.script.name
        }
    }

    package var blockTime: Duration? {
        switch self {
        case .command(let command): command.blockTime
        case .script: nil
        }
    }

    package func write(to buffer: inout ByteBuffer) {
        switch self {
        case .command(let command): buffer.writeImmutableBuffer(command.encoded)
        case .script(let call, let form): call.write(form, to: &buffer)
        }
    }
}

/// Where a reply goes: one per command in flight.
package struct RedisTicket {
    package typealias Completion = (Result<RESPValue, RedisError>) -> Void

    package let completion: Completion
    package let series: CommandSeries
    package let sentAt: Uptime
    package let deadline: Uptime
    /// The script to run by its source, if Redis does not know its digest.
    package let unknownScript: RedisScriptCall?
}

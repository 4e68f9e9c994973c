import JSON
import Outbound

/// The reading of an HTTP answer to a batch.
enum NodeAnswer {
    /// The answers in the order of the calls.
    ///
    /// Some nodes give their errors an HTTP status of their own, so the body is asked first.
    static func read(_ response: OutboundResponse, count: Int) throws(NodeError) -> [Result<JSONValue, RPCFault>] {
        guard !response.isBodyCut else { throw .tooLarge }
        guard let value = Self.value(response.body) else { throw Self.failure(of: response) }
        do throws(NodeError) {
            return try RPCBatch.answers(value, count: count)
        } catch .malformed {
            throw Self.failure(of: response)
        } catch .fault(.refused(let refusal)) where response.status == 429 || refusal.isRateLimit {
            throw .rateLimited(retryAfter: response.retryAfter)
        } catch {
            throw error
        }
    }

    private static func value(_ body: [UInt8]) -> JSONValue? {
        do throws(JSONError) {
            return try JSONParser.parse(body)
        } catch {
            // The fault in it does not matter: it is no answer.
            return nil
        }
    }

    private static func failure(of response: OutboundResponse) -> NodeError {
        switch response.status {
        case 200..<300: .malformed
        case 429: .rateLimited(retryAfter: response.retryAfter)
        default: .status(response.status)
        }
    }
}

import Ethereum
import EthereumRPC
import JSON
import Support
import Testing

@Suite
struct RPCBatchTests {
    private func answers(_ text: String, count: Int) throws -> [Result<JSONValue, RPCFault>] {
        try RPCBatch.answers(try JSONParser.parse(Array(text.utf8)), count: count)
    }

    private func failure(_ text: String, count: Int) throws -> NodeError? {
        let value = try JSONParser.parse(Array(text.utf8))
        do throws(NodeError) {
            _ = try RPCBatch.answers(value, count: count)
            return nil
        } catch {
            return error
        }
    }

    @Test
    func `a batch is an array of numbered calls`() throws {
        let address = try #require(Address(hex: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"))
        let body = RPCBatch.body([.chainID, .transactionCount(address, .pending), .block(.number(255))])
        #expect(
            String(decoding: body, as: UTF8.self)
                == """
                [{"jsonrpc":"2.0","id":0,"method":"eth_chainId","params":[]},\
                {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionCount",\
                "params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8","pending"]},\
                {"jsonrpc":"2.0","id":2,"method":"eth_getBlockByNumber","params":["0xff",false]}]
                """
        )
    }

    @Test
    func `a call alone is no array`() {
        let body = RPCBatch.body([.gasPrice])
        let text = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"eth_gasPrice\",\"params\":[]}"
        #expect(String(decoding: body, as: UTF8.self) == text)
    }

    @Test(arguments: ["0x02f8", "0x\"],\"method\":\"evil", "0x\u{0}\u{2028}é"])
    func `what is sent stays one string`(_ raw: String) throws {
        let body = RPCBatch.body([.send(raw)])
        guard case .object(let members) = try JSONParser.parse(body) else { return #expect(Bool(false)) }
        #expect(members["params"] == .array([.string(raw)]))
        #expect(members["method"] == .string("eth_sendRawTransaction"))
    }

    @Test(arguments: Seed.cases(200))
    func `answers are put in the order of their calls`(_ seed: Seed) throws {
        var random = seed.random
        let count = Int.random(in: 2...40, using: &random)
        var expected: [Result<JSONValue, RPCFault>] = []
        var items: [String] = []
        for id in 0..<count {
            let name = Bool.random(using: &random) ? "\(id)" : "\"\(id)\""
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                expected.append(.failure(.missing))
            case 1:
                expected.append(.failure(.malformed))
                items += [#"{"id":\#(name),"result":"0x1"}"#, #"{"id":\#(name),"result":"0x2"}"#]
            case 2:
                expected.append(.failure(.malformed))
                items.append(#"{"id":\#(name)}"#)
            case 3:
                expected.append(.failure(.refused(RPCRefusal(code: -32000, text: "no \(id)"))))
                items.append(#"{"id":\#(name),"error":{"code":-32000,"message":"no \#(id)"}}"#)
            default:
                expected.append(.success(.string("0x\(id)")))
                items.append(#"{"jsonrpc":"2.0","id":\#(name),"result":"0x\#(id)","error":null}"#)
            }
        }
        // One good answer at least, so that it is a batch that was answered.
        expected.append(.success(.null))
        items.append(#"{"id":\#(count),"result":null}"#)
        items += [#"{"id":\#(count + 1),"result":"0x0"}"#, #"{"id":-1,"result":1}"#, #"{"id":null}"#, "7", "[]"]
        items.shuffle(using: &random)
        let answers = try self.answers("[\(items.joined(separator: ","))]", count: count + 1)
        #expect(answers == expected)
    }

    @Test(arguments: ["[]", "[7]", "{}", "7", "\"no\"", "null", "[{\"id\":5,\"result\":1}]", "{\"result\":\"0x1\"}"])
    func `an answer to none of the calls is none`(_ text: String) throws {
        #expect(try self.failure(text, count: 2) == .malformed)
    }

    @Test(
        arguments: [
            #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}"#,
            #"[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}]"#,
            #"[{"jsonrpc":"2.0","id":0,"error":{"code":-32600,"message":"batch too large"}}]"#,
            #"{"error":{"code":-32600,"message":"batch too large","data":null}}"#,
        ]
    )
    func `one error for a whole batch is everybody's`(_ text: String) throws {
        let refusal = RPCRefusal(code: -32600, text: "batch too large")
        #expect(try self.failure(text, count: 3) == .fault(.refused(refusal)))
    }

    @Test
    func `errors of every form are read`() throws {
        let items = [
            #"{"id":0,"error":"plain text"}"#,
            #"{"id":1,"error":{"message":"outer","data":{"message":"inner"}}}"#,
            #"{"id":2,"error":{"code":1e400,"message":7,"data":"inner"}}"#,
            #"{"id":3,"error":true}"#,
            #"{"id":4,"error":{"code":3,"message":"a\u0000b\nüc"},"result":"0x1"}"#,
        ]
        let expected: [Result<JSONValue, RPCFault>] = [
            .failure(.refused(RPCRefusal(code: nil, text: "plain text"))),
            .failure(.refused(RPCRefusal(code: nil, text: "outer", detail: "inner"))),
            .failure(.refused(RPCRefusal(code: nil, text: "", detail: "inner"))),
            .failure(.malformed),
            .failure(.refused(RPCRefusal(code: 3, text: "a?b??c"))),
        ]
        #expect(try self.answers("[\(items.joined(separator: ","))]", count: 5) == expected)
    }

    @Test
    func `a refusal's text is short`() {
        let refusal = RPCRefusal(code: nil, text: String(repeating: "é", count: 100_000), detail: "")
        #expect(refusal.text == String(repeating: "?", count: RPCRefusal.textLimit))
    }
}

import Outbound
import Payments
import Testing

struct WebhookEndpointTests {
    private func refusal(_ url: String, _ entries: [String]) throws -> EndpointError? {
        let policy = try EndpointPolicy(allowing: entries)
        do throws(EndpointError) {
            _ = try WebhookEndpoint.read(url, policy: policy)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a webhook goes only where the list names a host`() throws {
        #expect(try self.refusal("https://shop.example.com/hook", []) == .notAllowed)
        #expect(try self.refusal("https://shop.example.com/hook", ["localhost:9000"]) == .notAllowed)
        #expect(try self.refusal("https://shop.example.com/hook", ["*"]) == nil)
        #expect(try self.refusal("https://shop.example.com/hook", ["*.example.com:443"]) == nil)
        #expect(try self.refusal("http://shop.example.com/hook", ["*.example.com:443"]) == .notAllowed)
        #expect(try self.refusal("http://localhost:9000/hook", ["localhost:9000"]) == nil)
        #expect(try self.refusal("http://localhost:9000/hook", ["*"]) == .insideAddress)
        #expect(try self.refusal("http://redis:6379/", ["*"]) == .notAllowed)
    }

    @Test func `what is no URL of the web is refused`() throws {
        #expect(try self.refusal("ftp://shop.example.com/", ["*"]) == .scheme)
        #expect(try self.refusal("https://u:p@shop.example.com/", ["*"]) == .userInfo)
        #expect(try self.refusal("shop.example.com", ["*"]) == .malformed)
        #expect(try self.refusal("https://shop.example.com/" + String(repeating: "a", count: 2048), ["*"]) == .tooLong)
    }
}

import Dev
import Foundation
import NIOCore
import Support
import Testing

/// Nginx as callers of services see it: gRPC, gRPC-Web and Connect, on both entries.
struct NginxCallTests {
    enum Entry: CaseIterable { case http, grpc }

    /// Sends a call of some content type and returns the answer's head and body, in lower case.
    private func call(
        _ ports: NginxEntry,
        by entry: Entry,
        type: String,
        path: String = "/coupon.v1.CouponService/IssueCoupon",
        body: String = "{}"
    ) async throws -> String {
        let url = "http://127.0.0.1:\(entry == .http ? ports.http : ports.grpc)\(path)"
        let field = "Content-Type: \(type)"
        if entry == .grpc { return try await self.frames(["--no-dep", "-t", "20", "-H", field], url, body: body) }
        return try await self.output("curl", ["--max-time", "20", "-sSi", "-H", field, "-d", body, url])
    }

    /// The same by nghttp: nginx does not wait for the rest of what it refuses, and curl may then miss the answer.
    private func frames(_ arguments: [String], _ url: String, body: String) async throws -> String {
        try await withFolder { folder in
            try body.write(toFile: "\(folder)/body", atomically: true, encoding: .utf8)
            let request = arguments + ["-d", "\(folder)/body", url]
            let frames = try await self.output("nghttp", ["-nv"] + request)
            let head = frames.matches(of: #/recv \(stream_id=\d+\) (.*)/#).map { "\($0.1)\r\n" }.joined()
            return head + "\r\n" + (try await self.output("nghttp", request))
        }
    }

    private func output(_ program: String, _ arguments: [String]) async throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).lowercased()
    }

    /// The content type that a caller sends, and the one spelling of it that the answer has.
    private static let enveloped = [
        ("application/grpc", "application/grpc"), ("application/grpc+proto", "application/grpc+proto"),
        ("Application/gRPC+JSON", "application/grpc+json"), ("application/grpc-web", "application/grpc-web+proto"),
        ("application/grpc-web+proto", "application/grpc-web+proto"),
        ("application/grpc-web+json; charset=utf-8", "application/grpc-web+json"),
        ("application/GRPC-web-text", "application/grpc-web-text+proto"),
        ("application/grpc-web-text+json", "application/grpc-web-text+json"),
    ]
    private static let streams = [
        ("application/connect+proto", "application/connect+proto"),
        ("Application/Connect+JSON", "application/connect+json"),
    ]

    /// The code of the error in the one frame of an answer, which ends a stream of Connect.
    private static func streamEnd(_ answer: String) throws -> String {
        let frame = Array(try #require(answer.components(separatedBy: "\r\n\r\n").last).utf8)
        #expect(frame.prefix(4) == [2, 0, 0, 0] && frame.count == 5 + Int(frame[4]), "\(frame)")
        let object = try JSONSerialization.jsonObject(with: Data(frame.dropFirst(5))) as? [String: [String: String]]
        #expect(object?["error"]?["message"]?.isEmpty == false)
        return try #require(object?["error"]?["code"])
    }

    /// gRPC is for paths of services; whatever else says that it is gRPC is a request like any other.
    @Test func `what is gRPC by its type and not by its path takes the way of all requests`() async throws {
        try await withUpstream(.answering) { upstream in
            try await withNginx(upstreams: [upstream.port]) { ports in
                for path in ["/users/a/add", "/payments", "/api/verve/accept"] {
                    let answer = try await self.call(ports, by: .grpc, type: "Application/grpc", path: path)
                    #expect(answer.hasSuffix("\r\n\r\nok"), "\(answer)")
                    #expect(upstream.lastRequest.hasPrefix("POST \(path) HTTP/1.1\r\n"))
                }
            }
        }
    }

    /// The limit is the instances' own, and their answer is better.
    @Test func `a packed message of exactly the limit reaches an instance with the five bytes before it`() async throws
    {
        try await withNginx(upstreams: [try freePort()]) { ports in
            for (count, status) in [(16_384 + 16 + 64 + 5, "14"), (16_384 + 16 + 64 + 6, "8")] {
                let body = String(repeating: "x", count: count)
                let answer = try await self.call(ports, by: .http, type: "application/grpc-web+proto", body: body)
                #expect(answer.contains("grpc-status: \(status)\r\n"), "\(count): \(answer)")
            }
        }
    }

    @Test(arguments: Entry.allCases)
    func `no instance is unavailable in the words of each protocol`(entry: Entry) async throws {
        try await withNginx(upstreams: [try freePort()]) { ports in
            for type in ["application/proto", "application/json", "Application/JSON"] {
                let answer = try await self.call(ports, by: entry, type: type)
                #expect(answer.contains(" 503") && answer.contains("content-type: application/json\r\n"), "\(answer)")
                #expect(answer.contains("\r\n\r\n{\"code\":\"unavailable\",\"message\":\"") && answer.hasSuffix("\"}"))
                #expect(answer.contains("retry-after: 1\r\n") && answer.contains("x-request-id: "))
            }
            for (type, answered) in Self.enveloped {
                let answer = try await self.call(ports, by: entry, type: type)
                #expect(answer.contains(" 200") && answer.contains("content-type: \(answered)\r\n"), "\(answer)")
                #expect(answer.contains("grpc-status: 14\r\n") && answer.hasSuffix("\r\n\r\n"))
                #expect(answer.contains("x-request-id: "))
            }
            for (type, answered) in Self.streams {
                let answer = try await self.call(ports, by: entry, type: type)
                #expect(answer.contains(" 200") && answer.contains("content-type: \(answered)\r\n"), "\(answer)")
                #expect(try Self.streamEnd(answer) == "unavailable")
            }
            let plain = try await self.call(ports, by: entry, type: "application/json", path: "/users/a/add")
            #expect(plain.contains(" 503") && plain.contains("application/problem+json"))
        }
    }

    @Test(arguments: Entry.allCases)
    func `a request that is too long is refused in the words of each protocol`(entry: Entry) async throws {
        let body = String(repeating: "x", count: 16_500)
        try await withNginx(upstreams: [try freePort()]) { ports in
            let connect = try await self.call(ports, by: entry, type: "application/proto", body: body)
            #expect(connect.contains(" 429") && connect.contains("{\"code\":\"resource_exhausted\","))
            for (type, answered) in Self.enveloped where type != "application/grpc" {
                let answer = try await self.call(ports, by: entry, type: type, body: body)
                #expect(answer.contains(" 200") && answer.contains("grpc-status: 8\r\n"), "\(answer)")
                #expect(answer.contains("content-type: \(answered)\r\n"), "\(answer)")
            }
            for (type, answered) in Self.streams {
                let answer = try await self.call(ports, by: entry, type: type, body: body)
                #expect(answer.contains(" 200") && answer.contains("content-type: \(answered)\r\n"), "\(answer)")
                #expect(try Self.streamEnd(answer) == "resource_exhausted")
            }
            let path = "/users/a/add"
            let plain = try await self.call(ports, by: entry, type: "application/json", path: path, body: body)
            #expect(plain.contains(" 413") && plain.contains("/problems/payload-too-large"))
        }
    }

    @Test(arguments: Entry.allCases)
    func `what is no gRPC reaches the instances by HTTP 1.1 from both entries`(entry: Entry) async throws {
        try await withUpstream(.answering) { upstream in
            try await withNginx(upstreams: [upstream.port]) { ports in
                let answer = try await self.call(ports, by: entry, type: "application/json")
                #expect(answer.hasSuffix("\r\n\r\nok"))
                let seen = upstream.lastRequest
                #expect(seen.hasPrefix("POST /coupon.v1.CouponService/IssueCoupon HTTP/1.1\r\n"))
                #expect(seen.contains("\r\nX-Request-Id: ") && seen.contains("\r\nHost: 127.0.0.1:"))
            }
        }
    }

    @Test(arguments: Entry.allCases)
    func `a long answer passes unharmed`(entry: Entry) async throws {
        try await withUpstream(.long(700_000)) { upstream in
            try await withNginx(upstreams: [upstream.port]) { ports in
                let path = "/coupon.v1.CouponService/GetCampaign"
                let answer = try await self.call(ports, by: entry, type: "application/json", path: path)
                #expect(answer.hasSuffix("\r\n\r\n" + String(repeating: "k", count: 700_000)))
            }
        }
    }

    @Test
    func `messages of a watched campaign leave at once`() async throws {
        try await withUpstream(.pausing("first", then: .seconds(60))) { upstream in
            try await withNginx(upstreams: [upstream.port]) { ports in
                let request =
                    "POST /coupon.v1.CouponService/WatchCampaign HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
                let answer = try await exchange(request, port: ports.http, until: "first")
                #expect(answer.contains("\r\nfirst\r\n"))
            }
        }
    }
}

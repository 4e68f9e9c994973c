import Redis
import Support
import Testing

@Suite struct `Redis URLs` {
    @Test(
        arguments: [
            ("redis://h", "h", 6379, 0, nil, nil, false),
            ("REDIS://h:1/", "h", 1, 0, nil, nil, false),
            ("rediss://h.example:65535/15", "h.example", 65535, 15, nil, nil, true),
            ("redis://:pw@h", "h", 6379, 0, nil, "pw", false),
            ("redis://user@h", "h", 6379, 0, "user", nil, false),
            ("redis://u%20s:p%3A%40%2F%25@[::1]:7/3", "::1", 7, 3, "u s", "p:@/%", false),
            ("redis://u:p@w@h", "h", 6379, 0, "u", "p@w", false),
            ("redis://u:@h", "h", 6379, 0, "u", "", false),
        ] as [(String, String, Int, Int, String?, String?, Bool)]
    )
    func `a URL says where and who`(
        url: String,
        host: String,
        port: Int,
        database: Int,
        username: String?,
        password: String?,
        usesTLS: Bool
    ) throws {
        let address = try RedisAddress(url: url)
        #expect(address.place == .tcp(host: host, port: port))
        #expect(address.database == database)
        #expect(address.username == username)
        #expect(address.password == password)
        #expect(address.usesTLS == usesTLS)
    }

    @Test func `a unix URL`() throws {
        let address = try RedisAddress(url: "unix://u:p@/run/re%64is.sock?db=2")
        #expect(address.place == .unix(path: "/run/redis.sock"))
        #expect(address.database == 2)
        #expect(address.password == "p")
        #expect(try RedisAddress(url: "unix:///s").database == 0)
    }

    @Test(arguments: [
        ("", RedisConfigurationError.schemeUnknown), ("redis", .schemeUnknown), ("http://h", .schemeUnknown),
        ("redis:h", .schemeUnknown), ("redis://", .hostMissing), ("redis://:6379", .hostMissing),
        ("redis://[::1", .hostMissing), ("redis://[::1]x", .portInvalid), ("redis://h:", .portInvalid),
        ("redis://h:0", .portInvalid), ("redis://h:65536", .portInvalid), ("redis://h:+1", .portInvalid),
        ("redis://::1", .hostMissing), ("redis://h:1:2", .portInvalid), ("redis://h/x", .databaseInvalid),
        ("redis://h/-1", .databaseInvalid), ("redis://h/1/2", .databaseInvalid), ("redis://h/99999", .databaseInvalid),
        ("redis://h?db=1", .partUnknown), ("redis://h#x", .partUnknown), ("redis://%zz@h", .percentEncodingInvalid),
        ("redis://:%2@h", .percentEncodingInvalid), ("redis://:%ff@h", .percentEncodingInvalid),
        ("redis://h x", .characterInvalid), ("redis://h\n", .characterInvalid), ("unix://", .pathInvalid),
        ("unix://relative/path", .pathInvalid), ("unix:///", .pathInvalid), ("unix:///s?x=1", .partUnknown),
        ("unix:///s?db=x", .databaseInvalid), ("unix:///a%00b", .pathInvalid),
        ("unix:///" + String(repeating: "a", count: 107), .pathInvalid),
    ])
    func `anything else is refused, with the reason`(url: String, error: RedisConfigurationError) {
        #expect(throws: error) { try RedisConfiguration(url: url) }
    }

    @Test(arguments: Seed.cases(2000))
    func `random text never traps`(seed: Seed) {
        var random = seed.random
        let alphabet = Array("redis:/unx@%?#[]0123456789ab=é ")
        let scheme = ["redis://", "rediss://", "unix://", ""].randomElement(using: &random) ?? ""
        let tail = (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in alphabet.randomElement(using: &random)
        }
        _ = try? RedisAddress(url: scheme + String(tail))
    }

    @Test func `no description shows who we are`() throws {
        let configuration = try RedisConfiguration(url: "redis://someone:secret@h/1")
        for text in ["\(configuration)", "\(configuration.address)", String(reflecting: configuration)] {
            #expect(!text.contains("secret") && !text.contains("someone"))
        }
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("secret") && !dumped.contains("someone"))
    }
}

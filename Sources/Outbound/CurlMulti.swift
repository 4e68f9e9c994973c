private import CCurl
private import Synchronization

/// Many transfers on one thread: libcurl's multi handle and the easy handles in it.
///
/// Everything but ``waker`` belongs to the thread that made it.
@safe
package struct CurlMulti: ~Copyable {
    private let multi: UnsafeMutableRawPointer
    private var handles: [UInt64: CurlHandle] = [:]
    private let configuration: OutboundConfiguration
    private let waker: CurlWaker

    /// `nil` when there is no memory.
    package init?(configuration: OutboundConfiguration, waker: CurlWaker) {
        guard CurlURL.isReady, let multi = unsafe curl_multi_init() else { return nil }
        unsafe self.multi = multi
        self.configuration = configuration
        self.waker = waker
        unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.concurrentLimit)
        unsafe waker.attach(multi)
    }

    deinit {
        self.waker.detach()
        for handle in self.handles.values { unsafe curl_multi_remove_handle(self.multi, handle.easy) }
        unsafe curl_multi_cleanup(self.multi)
    }

    package var running: [UInt64] { Array(self.handles.keys) }

    /// Starts a transfer; `false` when libcurl refuses to.
    package mutating func add(_ transfer: Transfer, at now: ContinuousClock.Instant) -> Bool {
        guard let handle = CurlHandle(transfer, self.configuration, at: now),
            unsafe curl_multi_add_handle(self.multi, handle.easy) == CURLM_OK
        else { return false }
        self.handles[transfer.id] = handle
        return true
    }

    /// Takes a transfer out, whatever state it is in; its connection is closed unless it had ended.
    package mutating func remove(_ id: UInt64) -> Transfer? {
        guard let handle = self.handles.removeValue(forKey: id) else { return nil }
        unsafe curl_multi_remove_handle(self.multi, handle.easy)
        return handle.transfer
    }

    /// Moves every transfer as far as it goes without waiting, and returns those that ended.
    package mutating func perform() -> [(transfer: Transfer, end: Transfer.End)] {
        var count: CInt = 0
        unsafe curl_multi_perform(self.multi, &count)
        var ended: [(transfer: Transfer, end: Transfer.End)] = []
        var code = CURLE_OK
        while let easy = unsafe ccurl_next_ended(self.multi, &code) {
            var pointer: UnsafeMutableRawPointer?
            unsafe ccurl_get_pointer(easy, CURLINFO_PRIVATE, &pointer)
            guard let pointer = unsafe pointer else { continue }
            let transfer = unsafe Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
            _ = self.remove(transfer.id)
            ended.append((transfer, Transfer.End(code)))
        }
        return ended
    }

    /// Waits for a socket, a timer of libcurl's, the waker, or the end of `timeout`.
    package func poll(_ timeout: Duration) {
        unsafe curl_multi_poll(self.multi, nil, 0, CInt(clamping: timeout.wholeMilliseconds), nil)
    }
}

/// Ends a wait in ``CurlMulti/poll(_:)`` from any thread.
package final class CurlWaker: Sendable {
    // A multi handle belongs to one thread, but curl_multi_wakeup may be called from all.
    @safe
    private struct Target: @unchecked Sendable {
        var multi: UnsafeMutableRawPointer?
    }

    private let target = Mutex(Target())

    package init() {}

    /// Makes the wait that is going on, or else the next one, return at once.
    package func wake() {
        self.target.withLock { target in
            if let multi = unsafe target.multi { unsafe curl_multi_wakeup(multi) }
        }
    }

    fileprivate func attach(_ multi: UnsafeMutableRawPointer) {
        self.target.withLock { unsafe $0.multi = multi }
    }

    fileprivate func detach() {
        self.target.withLock { unsafe $0.multi = nil }
    }
}

/// A URL as libcurl reads it.
package struct CurlURL {
    /// Normalised, without the default port.
    package let text: String
    /// As in ``text``: IPv6 in brackets, IPv4 always in four decimal numbers.
    package let host: String
    package let port: Int

    /// Makes libcurl ready, once in this process.
    fileprivate static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    package init?(_ text: String) {
        guard let url = unsafe curl_url() else { return nil }
        defer { unsafe curl_url_cleanup(url) }

        func part(_ part: CURLUPart, _ flags: Int32) -> String? {
            var bytes: UnsafeMutablePointer<CChar>?
            guard unsafe curl_url_get(url, part, &bytes, UInt32(flags)) == CURLUE_OK, let bytes = unsafe bytes else {
                return nil
            }
            defer { unsafe curl_free(bytes) }

            return unsafe String(cString: bytes)
        }

        guard unsafe curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK,
            let host = part(CURLUPART_HOST, 0), let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap(Int.init),
            let text = part(CURLUPART_URL, CURLU_NO_DEFAULT_PORT)
        else { return nil }
        self.text = text
        self.host = host
        self.port = port
    }
}

/// One easy handle, and the memory libcurl reads while it runs.
@safe
private final class CurlHandle {
    let transfer: Transfer
    fileprivate let easy: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var isSound = true

    init?(_ transfer: Transfer, _ configuration: OutboundConfiguration, at now: ContinuousClock.Instant) {
        guard let easy = unsafe curl_easy_init() else { return nil }
        unsafe self.easy = easy
        self.transfer = transfer
        self.setGuards(configuration)
        self.setRequest(configuration, at: now)
        self.setCallbacks()
        guard self.isSound else { return nil }
    }

    deinit {
        unsafe curl_easy_cleanup(self.easy)
        unsafe curl_slist_free_all(self.headers)
    }

    /// Turns off all that libcurl would do besides sending this one request to this one host.
    private func setGuards(_ configuration: OutboundConfiguration) {
        self.set(CURLOPT_NOSIGNAL, 1)
        self.set(CURLOPT_PROTOCOLS_STR, "http,https")
        self.set(CURLOPT_FOLLOWLOCATION, 0)
        // Empty and not nil, or libcurl would look into the environment.
        self.set(CURLOPT_PROXY, "")
        self.set(CURLOPT_NOPROXY, "*")
        self.set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        self.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        self.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        self.set(CURLOPT_SSL_VERIFYPEER, 1)
        self.set(CURLOPT_SSL_VERIFYHOST, 2)
        self.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = configuration.caFile { self.set(CURLOPT_CAINFO, file) }
        if let url = configuration.lookupURL { self.set(CURLOPT_DOH_URL, url) }
        // Without it the thread waits for a lookup that was given up, up to half a minute, and so does everyone. The
        // lookup's own thread cleans up behind itself then.
        self.set(CURLOPT_QUICK_EXIT, 1)
        self.set(CURLOPT_DNS_CACHE_TIMEOUT, configuration.lookupTimeout.wholeMilliseconds / 1000)
        self.set(CURLOPT_MAXAGE_CONN, configuration.idleTimeout.wholeMilliseconds / 1000)
        self.set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.wholeMilliseconds)
    }

    private func setRequest(_ configuration: OutboundConfiguration, at now: ContinuousClock.Instant) {
        let request = self.transfer.request
        self.set(CURLOPT_URL, request.endpoint.text)
        // Zero would be no limit at all.
        self.set(CURLOPT_TIMEOUT_MS, max(1, now.duration(to: self.transfer.deadline).wholeMilliseconds))
        self.set(CURLOPT_USERAGENT, configuration.userAgent)
        switch request.method {
        case .get: self.set(CURLOPT_HTTPGET, 1)
        case .post:
            self.set(CURLOPT_POST, 1)
            self.check(unsafe ccurl_set_large(self.easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
            let code = unsafe request.body.withUnsafeBytes { bytes in
                // A nil body would make libcurl ask a callback for it.
                unsafe withUnsafePointer(to: 0 as CChar) { empty in
                    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                    return unsafe ccurl_set_string(self.easy, CURLOPT_COPYPOSTFIELDS, start ?? empty)
                }
            }
            self.check(code)
        }
        // No waiting for "100 Continue", and no type of body that nobody chose.
        var lines = ["Expect:", "Content-Type:"]
        for (name, value) in request.headers {
            if name.lowercased() == "content-type" { lines.removeAll { $0 == "Content-Type:" } }
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        for line in lines {
            guard let list = unsafe curl_slist_append(self.headers, line) else {
                self.isSound = false
                return
            }
            unsafe self.headers = list
        }
        self.check(unsafe ccurl_set_list(self.easy, CURLOPT_HTTPHEADER, self.headers))
    }

    private func setCallbacks() {
        let pointer = unsafe Unmanaged.passUnretained(self.transfer).toOpaque()
        for option in [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA,
        ] {
            self.check(unsafe ccurl_set_pointer(self.easy, option, pointer))
        }
        self.check(
            unsafe ccurl_set_on_socket(self.easy) { transfer, _, address in
                guard let address = unsafe address else { return CURL_SOCKET_BAD }
                var bytes = unsafe [UInt8](unsafeUninitializedCapacity: 16) { $1 = $0.count }
                var port: UInt16 = 0
                let count = unsafe Int(ccurl_address(address, &bytes, &port))
                let ip = IPAddress(bytes: bytes.prefix(count))
                guard let transfer = unsafe Transfer.at(transfer), transfer.mayConnect(to: ip, port: Int(port)) else {
                    return CURL_SOCKET_BAD
                }
                return unsafe ccurl_socket(address)
            }
        )
        self.check(
            unsafe ccurl_set_on_request(self.easy) { transfer, address, _, port, _ in
                let ip = unsafe address.flatMap { unsafe IPAddress(String(cString: $0)) }
                guard let transfer = unsafe Transfer.at(transfer), transfer.mayBegin(on: ip, port: Int(port)) else {
                    return CURL_PREREQFUNC_ABORT
                }
                return CURL_PREREQFUNC_OK
            }
        )
        self.check(
            unsafe ccurl_set_on_bytes(self.easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, transfer in
                let line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
                let text = unsafe String(decoding: line, as: UTF8.self)
                // Any other number than `count` ends the transfer.
                return unsafe Transfer.at(transfer)?.received(header: text) == true ? count : count &+ 1
            }
        )
        self.check(
            unsafe ccurl_set_on_bytes(self.easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, transfer in
                let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
                return unsafe Transfer.at(transfer)?.received(body: piece) == true ? count : count &+ 1
            }
        )
    }

    private func set(_ option: CURLoption, _ value: Int) {
        self.check(unsafe ccurl_set_long(self.easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) {
        self.check(unsafe ccurl_set_string(self.easy, option, value))
    }

    /// A guard that could not be set is a transfer that does not start.
    private func check(_ code: CURLcode) {
        if code != CURLE_OK { self.isSound = false }
    }
}

extension Transfer {
    fileprivate static func at(_ pointer: UnsafeMutableRawPointer?) -> Transfer? {
        unsafe pointer.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension Transfer.End {
    fileprivate init(_ code: CURLcode) {
        switch code {
        case CURLE_OK: self = .complete
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .unresolved
        case CURLE_COULDNT_CONNECT: self = .unreachable
        case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED: self = .invalid
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CACERT_BADFILE:
            self = .tls
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: self = .reset
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            self = .malformed
        case CURLE_ABORTED_BY_CALLBACK, CURLE_WRITE_ERROR: self = .stopped
        default: self = .failed
        }
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int {
        Int(self.components.seconds) * 1000 + Int(self.components.attoseconds / 1_000_000_000_000_000)
    }
}

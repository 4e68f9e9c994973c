import CouponAPI

/// The issues of one phase, by number: for whom, under which request id, and which are sent twice.
package struct IssuePlan: ChangePlan {
    package let count: Int
    /// How many came in earlier phases.
    private let first: Int
    private let campaign: Int64
    private let users: CouponUsers
    private let path: String
    private let codec: CouponCodec
    /// The beginning of request ids; nil when there are none.
    private let prefix: String?
    private let repeats: ChangeRepeats
    /// The request that all issues send, when nothing tells them apart.
    private let common: ExchangeRequest?

    package init(_ configuration: CouponsLoadConfiguration, campaign: Int64, first: Int, count: Int) {
        self.count = count
        self.first = first
        self.campaign = campaign
        self.users = configuration.couponUsers
        self.path = "/\(configuration.service)/IssueCoupon"
        self.codec = configuration.codec
        self.prefix = configuration.hasRequestIDs ? configuration.prefix : nil
        self.repeats = ChangeRepeats(share: configuration.repeatShare, seed: configuration.seed, stream: 32)
        guard self.prefix == nil, self.users.count == 0 else {
            self.common = nil
            return
        }
        var message = Coupon_V1_IssueCouponRequest()
        message.campaignID = campaign
        self.common = Self.request(message, path: self.path, self.codec)
    }

    package var word: String { "issue" }

    /// The book remembers them.
    package var isRemembered: Bool { false }

    package func user(of number: Int) -> String { self.users[self.first + number] ?? "campaign \(self.campaign)" }

    /// Without a request id a repeat is another coupon, so there is none.
    package func `repeat`(_ number: Int) -> ChangeRepeat {
        self.prefix == nil ? .never : self.repeats[self.first + number]
    }

    package func request(_ number: Int) -> ExchangeRequest {
        if let common = self.common { return common }
        var message = Coupon_V1_IssueCouponRequest()
        message.campaignID = self.campaign
        if let user = self.users[self.first + number] { message.userID = user }
        if let prefix = self.prefix { message.requestID = "\(prefix)-i\(self.first + number)" }
        return Self.request(message, path: self.path, self.codec)
    }

    package func outcome(_ answer: ExchangeAnswer, of number: Int) -> ChangeOutcome {
        let outcome = ChangeOutcome(issue: answer, self.codec)
        guard self.prefix == nil, case .again(let doubt) = outcome else { return outcome }
        return .lost(doubt)
    }

    package func outcome(_ reason: ExchangeBreak, of number: Int) -> ChangeOutcome {
        self.prefix == nil ? .lost(.broken(reason)) : .again(.broken(reason))
    }

    private static func request(
        _ message: Coupon_V1_IssueCouponRequest,
        path: String,
        _ codec: CouponCodec
    ) -> ExchangeRequest {
        ExchangeRequest(
            path: path,
            change: ExchangeRequest.Change(
                key: nil,
                body: .connect(codec.encode(message), type: codec.contentType)
            )
        )
    }
}

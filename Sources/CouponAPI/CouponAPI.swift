/// The descriptors of the coupon services.
package enum CouponAPI {
    /// Their files, as a serialised `google.protobuf.FileDescriptorSet`.
    package static var descriptors: [UInt8] { PackageResources.coupon_binpb }

    /// The text of `coupon/v1/coupon.proto`.
    package static var proto: [UInt8] { PackageResources.coupon_proto }
}

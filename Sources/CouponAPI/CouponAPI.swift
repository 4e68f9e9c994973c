/// The files that describe the coupon services, as a serialised `google.protobuf.FileDescriptorSet`.
package enum CouponAPI {
    package static var descriptors: [UInt8] { PackageResources.coupon_binpb }
}

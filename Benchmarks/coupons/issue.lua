-- wrk: issue a coupon of campaign 1 by Connect, as protobuf.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/proto"
wrk.body = "\8\1"

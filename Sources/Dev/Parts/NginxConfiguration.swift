/// The configuration of nginx, made from the one template that Docker's nginx uses too.
package enum NginxConfiguration {
    /// The text for `nginx -c`; relative paths in it begin at nginx's prefix.
    ///
    /// `listen` and `grpc` are an address and a port each. As root, nginx's workers stay root: the folder may be closed
    /// to others.
    package static func text(listen: String, grpc: String, instances: [Int], isRoot: Bool) -> String {
        let upstreams = instances.map { "server 127.0.0.1:\($0) max_fails=0;" }.joined(separator: "\n        ")
        return String(decoding: PackageResources.nginx_conf_template, as: UTF8.self)
            .replacing("${TALLY_NGINX_USER}\n", with: isRoot ? "user root;\n" : "")
            .replacing("${TALLY_NGINX_LISTEN}", with: listen)
            .replacing("${TALLY_NGINX_GRPC}", with: grpc)
            .replacing("${TALLY_NGINX_UPSTREAMS}", with: upstreams)
    }
}

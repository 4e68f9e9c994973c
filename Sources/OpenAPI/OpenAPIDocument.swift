/// The description of the whole HTTP interface in OpenAPI 3.1, as it is served at `/openapi.json`.
///
/// A target of its own, because the compiler takes long over embedded files and no other code changes with it.
package enum OpenAPIDocument {
    package static let bytes = PackageResources.openapi_json
}

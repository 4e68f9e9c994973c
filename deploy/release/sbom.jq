# A CycloneDX 1.6 document from what scripts/sbom collected:
#   .graph     of `swift package show-dependencies --format json`
#   $licences  {"identity": "SPDX expression"}
#   $native    [{name, version, architecture, isDirect, source}]  Debian's packages that the binary is linked with
#   $vendored  [{name, version, url, in, licence}]  C sources that lie inside Swift packages
# and, as text, $version, $commit, $time (RFC 3339), $sha256, $swift, $serial.

def address: .url | ltrimstr("https://") | rtrimstr(".git");
def reference: if .version == "unspecified" then "tally" else "pkg:swift/\(address)@\(.version)" end;
def expression($text): [if $text | test(" ") then {expression: $text} else {license: {id: $text}} end];
def debian: "pkg:deb/debian/\(.name | @uri)@\(.version | @uri)?arch=\(.architecture)&distro=bookworm";
def vendored: "vendored:\(.in)/\(.name)@\(.version)";

[.. | objects | select(has("identity"))] as $nodes
| ($nodes | unique_by(.identity) | map(select(.version != "unspecified"))) as $packages
| {
  "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  serialNumber: "urn:uuid:\($serial)",
  version: 1,
  metadata: {
    timestamp: $time,
    lifecycles: [{phase: "build"}],
    tools: {components: [{type: "application", name: "scripts/sbom", version: $version}]},
    component: {
      type: "application", "bom-ref": "tally", name: "tally", version: $version,
      description: "Does things exactly once, for many callers over many instances",
      licenses: expression("Apache-2.0"),
      hashes: [{alg: "SHA-256", content: $sha256}],
      properties: [{name: "tally:commit", value: $commit}]
    }
  },
  components: (
    [$packages[] | {
      type: "library", "bom-ref": reference, name: .identity, version, purl: reference, scope: "required",
      licenses: expression($licences[.identity]),
      externalReferences: [{type: "vcs", url}]
    }]
    + [$vendored[] | {
      type: "library", "bom-ref": vendored, name, version, scope: "required", licenses: expression(.licence),
      description: "C sources within \(.in)", externalReferences: [{type: "vcs", url}]
    }]
    + [$native[] | {
      type: "library", "bom-ref": debian, name, version, purl: debian, scope: "required",
      description: "Debian package, linked dynamically\(if .isDirect then "" else " by another one" end)",
      properties: [{name: "tally:source", value: .source}]
    }]
    + [{
      type: "library", "bom-ref": "swift-runtime", name: "swift-runtime", version: $swift, scope: "required",
      description: "Swift's standard library, Foundation and Dispatch, linked statically",
      licenses: expression("Apache-2.0 WITH Swift-exception"),
      externalReferences: [{type: "vcs", url: "https://github.com/swiftlang/swift"}]
    }]
  ),
  dependencies: (
    [$nodes | group_by(.identity)[]
      | .[0] as $node | [.[].dependencies[]? | reference] | unique
      | {ref: ($node | reference), dependsOn: (
          . + [$vendored[] | select(.in == $node.identity) | vendored]
          + if $node.version == "unspecified" then ["swift-runtime", ($native[] | select(.isDirect) | debian)]
            else [] end)}]
    + [$native[] | {ref: debian}] + [$vendored[] | {ref: vendored}] + [{ref: "swift-runtime"}]
  )
}

@main
struct ConformanceServer {
    static func main() {}
}

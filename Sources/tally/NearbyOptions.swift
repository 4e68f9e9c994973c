import App
import ArgumentParser

/// The settings of a command that looks after a running system.
///
/// Redis and the chain are those of a `tally dev` where no setting names one.
struct NearbyOptions: ParsableArguments {
    @OptionGroup var place: DirOptions

    @OptionGroup var settings: SettingOptions

    func load(_ command: String) throws -> AppConfiguration {
        var options = self.settings
        let values = try options.values()
        if let system = try self.place.system {
            if values[Settings.redisURL].source == "default" { options.settings += system.redisOptions }
            if values[Settings.faucetRPC].source == "default", let chain = system.chain {
                options.settings += [Settings.faucetRPC.optionName, chain]
            }
        }
        return try options.load(command)
    }

    /// Whether a setting or a `tally dev` names a Redis.
    func knowsRedis() throws -> Bool {
        try self.settings.values()[Settings.redisURL].source != "default" || self.place.system != nil
    }
}

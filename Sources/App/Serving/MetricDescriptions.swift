import Telemetry

/// The description of each metric, for `/metrics`.
enum MetricDescriptions {
    private static let texts = [
        ("http_server_request_duration_seconds", "Time from reading a request to its answer, by route and status."),
        ("http_server_connections", "Open connections, by listener."),
        ("http_server_connection_limit", "Connections that may be open at once, by listener."),
        ("http_server_waiting_answer_bytes", "Bytes of answers that clients do not take yet, by listener."),
        ("http_server_yielded_connections_total", "Connections that only waited, closed to let others in."),
        ("tally_access_refused_total", "Requests refused for want of a right API key, by reason."),
        ("tally_access_keys", "API keys that this instance knows, ended ones too."),
        ("redis_commands_total", "Commands sent to Redis, by command or script."),
        ("redis_command_duration_seconds", "Time from sending a command to its reply, by command or script."),
        ("redis_in_flight_commands", "Commands that wait for their reply."),
        ("redis_reconnects_total", "Connections to Redis that were opened again."),
        ("redis_errors_total", "Commands that failed, by class."),
        ("tally_clock_offset_error_seconds", "How wrong this process may be about Redis's time."),
        ("tally_fenced_writes_total", "Writes refused because their lock or lease had passed to another, by role."),
        ("tally_outbox_pending", "Messages that wait for their delivery."),
        ("tally_outbox_oldest_seconds", "Age of the oldest message that waits for its delivery."),
        ("tally_outbox_dead_total", "Messages that could not be delivered and were put aside, by outbox."),
        ("tally_uniques_accepted_total", "Ids, by what became of them."),
        ("tally_uniques_moved_total", "Ids whose window was taken from Redis's clock instead of ours."),
        ("tally_uniques_windows_closed_total", "Windows closed and published by this process."),
        ("tally_uniques_reports_total", "Tries to deliver a report, by outcome."),
        ("tally_uniques_callbacks_total", "Callbacks to endpoints that callers named, by outcome."),
        ("tally_commit_batch_size", "Scripts that shared one WAIT."),
        ("tally_ledger_adds_total", "Adds, by what became of them."),
        ("tally_ledger_waited_total", "Adds that found their account held and had to wait."),
        ("tally_connect_calls_total", "Calls by Connect, gRPC-Web and gRPC, by method, protocol and code."),
        ("tally_coupons_issues_total", "Requests for a coupon, by what became of them."),
        ("tally_coupons_loans_total", "Loans of units that parts of leased campaigns took in."),
        ("tally_coupons_gifts_total", "Units that parts of leased campaigns gave back unused."),
        ("tally_payments_requests_total", "Requests for payments and reversals, by what became of them."),
        ("tally_payments_steps_total", "Steps of payments, by what their script said."),
        ("tally_payments_unfinished", "Payments that have not ended."),
        ("tally_payments_oldest_seconds", "Age of the oldest message of work on payments that is not done."),
        ("tally_payments_dead", "Payments that workers gave up on."),
        ("tally_payments_webhooks_total", "Tries to deliver a webhook, by outcome."),
        (
            "tally_work_messages_total",
            "Messages of work: read, taken over (reclaimed), or given back by the handler (unfinished)."
        ),
        ("tally_faucet_requests_total", "Requests for coins, by what became of them."),
        ("tally_faucet_transactions_total", "Transactions, by what nodes said to them and what became of them."),
        ("tally_faucet_balance_coins", "The balance of a sender, as its lane last saw it."),
        ("tally_faucet_open", "Distributions of a sender that are not over."),
        ("tally_faucet_nonce_drift", "Nonces that were given out and are not mined yet."),
        ("tally_faucet_stall_seconds", "How long a sender's first transaction that is not mined has been the first."),
        ("tally_faucet_replaying", "Distributions that had ended and are sent again: the chain has lost them."),
        ("tally_faucet_window", "Transactions that a sender's node is given at once."),
        ("tally_rpc_requests_total", "Calls to nodes, by method and outcome."),
        ("tally_rpc_duration_seconds", "Time of a batch that had a call of this method in it."),
        ("tally_rpc_node_up", "Whether a node answers and is of the faucet's chain."),
        ("tally_rpc_node_batch_calls", "Calls that a node is sent in one batch."),
        ("tally_rpc_node_lag_blocks", "Blocks that a node is behind the best one."),
        ("tally_outbound_requests_total", "Requests to endpoints outside, by outcome."),
        ("tally_outbound_duration_seconds", "Time of a request to an endpoint outside."),
        ("tally_outbound_in_flight", "Requests to endpoints outside that are under way."),
        ("tally_outbound_blocked_total", "Connections that were not made because they led inside."),
    ]

    static func describe(in registry: PrometheusRegistry) {
        for (name, text) in Self.texts { registry.describe(name, text) }
    }
}

#include "server/server.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>

#include "admin/admin_server.h"
#include "larder/advisor/advisor.h"
#include "larder/base/limits.h"
#include "larder/base/text.h"
#include "larder/base/version.h"
#include "larder/commands/command_service.h"
#include "larder/commands/notify_flags.h"
#include "larder/net/network.h"
#include "larder/stats/net_counters.h"
#include "server/log_output.h"
#include "server/maintenance_thread.h"
#include "server/memory_limit.h"
#include "server/option_resolution.h"
#include "server/option_value.h"
#include "server/periodic_thread.h"
#include "server/process_limits.h"
#include "server/runtime_options.h"
#include "server/stats_thread.h"

namespace larder {

namespace {

// All requests that are being received together may hold this part of maxmemory; a single larger one is let through.
constexpr std::uint64_t kReceiveShareOfMaxmemory = 8;
constexpr std::uint64_t kReceiveBytesWithoutLimit = 1ULL << 30;
// The advisor can wait: clients go first where cores are few.
constexpr int kAdvisorNiceness = 5;

Options resolved(Options options) {
  resolve_options(options);
  return options;
}

// Nothing for "auto".
std::optional<PolicyKind> named_policy(std::string_view text) {
  if (text == "auto") return {};
  return parse_policy(text).value();
}

StoreOptions store_options(const Options& options, AccessTap& tap) {
  StoreOptions store;
  store.maxmemory_bytes = static_cast<std::uint64_t>(options.integer("maxmemory"));
  store.maxitems = static_cast<std::uint64_t>(options.integer("maxitems"));
  store.policy = named_policy(options.text("maxmemory-policy")).value_or(Advisor::first_policy());
  store.shards = static_cast<std::uint32_t>(options.integer("shards"));
  store.threads = static_cast<unsigned>(options.integer("threads"));
  store.databases = static_cast<int>(options.integer("databases"));
  store.tap = &tap;
  store.hold_clock = [] { return SystemClock().monotonic_ns(); };
  store.hash_seed = option_optional_integer(options.text("hash-seed"));
  return store;
}

std::string new_run_id() {
  std::random_device random;
  std::string id;
  while (id.size() < 40) id += spdlog::fmt_lib::format("{:08x}", random());
  return id;
}

std::string this_executable() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : path.string();
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string with_port(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

void log_policy_change(const AdvisorReport::Change& change) {
  spdlog::info("maxmemory-policy auto: {} instead of {}, ahead of it by {:.1f} points of hit ratio",
               policy_name(change.to), policy_name(change.from), 100 * change.lead);
}

std::string limit_text(std::int64_t value) {
  return value == 0 ? "no limit" : std::to_string(value);
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerSetup setup)
      : clock_(setup.clock != nullptr ? *setup.clock : system_clock_),
        any_free_port_(setup.any_free_port),
        admin_on_free_port_(setup.admin_on_free_port),
        options_(resolved(std::move(setup.options))),
        threads_(static_cast<unsigned>(options_.options().integer("threads"))),
        store_(store_options(options_.options(), tap_)),
        statistics_(threads_, command_count()),
        advisor_(store_, statistics_, tap_),
        net_counters_(threads_) {
    const Options options = options_.options();
    read_settings(options);
    read_facts(options);
    network_ = std::make_unique<Network>(network_options(options), network_settings_, net_counters_);
    commands_ = std::make_unique<CommandService>(services());
    maintenance_ = std::make_unique<MaintenanceThread>(
        store_, clock_, [this](std::size_t work_max) { return commands_->maintain(work_max); });
    stats_ = std::make_unique<StatsThread>(SampleSources{statistics_, store_, net_counters_, clock_},
                                           std::chrono::seconds(options.integer("stats-interval")));
    advisor_.set_enabled(options.yes("advisor"));
    advisor_.set_policy(named_policy(options.text("maxmemory-policy")));
    advisor_.on_change(log_policy_change);
    advisor_thread_ = std::make_unique<PeriodicThread>(
        "larder-advisor",
        [this]() -> std::chrono::nanoseconds {
          advisor_.step(clock_.now_ms(), clock_.monotonic_ns());
          return std::chrono::milliseconds(Advisor::kStepMs);
        },
        kAdvisorNiceness);
    LARDER_CHECK(commands_->set_output_limits(options.text("client-output-buffer-limit")).is_ok());
    commands_->set_tracking_keys_max(static_cast<std::size_t>(options.integer("tracking-table-max-keys")));
    commands_->set_notify_flags(parse_notify_flags(options.text("notify-keyspace-events")).value());
    connect_options();
  }

  ~Impl() { stop(); }

  Status start();
  void stop();

  std::uint16_t port() const { return facts_.tcp_port; }
  std::uint16_t admin_port() const { return admin_port_; }
  const std::vector<std::string>& addresses() const { return addresses_; }
  Options options() const { return options_.options(); }
  ShardedStore& store() { return store_; }
  Statistics& statistics() { return statistics_; }
  Advisor& advisor() { return advisor_; }
  ConnectionPort& connections() { return *network_; }

 private:
  Services services();
  NetworkOptions network_options(const Options& options) const;
  void read_settings(const Options& options);
  void read_facts(const Options& options);
  void connect_options();
  void set_receive_budget();
  Status set_maxclients(std::uint32_t clients);
  void fit_maxclients();

  Status listen_tcp(const Options& options);
  Status listen_unix(const Options& options);
  Status listen_admin(const Options& options);
  void log_start(const Options& options) const;
  void log_exposure(const Options& options) const;

  // Constant after construction.
  SystemClock system_clock_;
  const Clock& clock_;
  const bool any_free_port_;
  const bool admin_on_free_port_;
  // Thread-safe.
  RuntimeOptions options_;
  const unsigned threads_;
  AccessTap tap_;
  ShardedStore store_;
  Statistics statistics_;
  Advisor advisor_;
  NetCounters net_counters_;
  NetworkSettings network_settings_;
  AccessSettings access_;
  SlowLog slow_log_;
  ServerFacts facts_;  // complete before start() lets anyone in
  // The network goes last of what a session touches: it owns the sessions, stop() ends them.
  std::unique_ptr<Network> network_;
  std::unique_ptr<CommandService> commands_;
  std::unique_ptr<MaintenanceThread> maintenance_;
  std::unique_ptr<StatsThread> stats_;
  std::unique_ptr<PeriodicThread> advisor_thread_;
  std::unique_ptr<AdminServer> admin_;  // null: there is no admin port
  std::atomic<bool> ready_{false};      // clients are served: what /readyz answers
  // The owner's thread alone.
  std::vector<std::string> addresses_;
  std::uint16_t admin_port_ = 0;
  bool started_ = false;
};

Services Server::Impl::services() {
  return {.store = store_,
          .advisor = advisor_,
          .clock = clock_,
          .connections = *network_,
          .statistics = statistics_,
          .net = net_counters_,
          .config = options_,
          .access = access_,
          .slow_log = slow_log_,
          .facts = facts_,
          .maxclients = [this] { return network_settings_.maxclients.load(); }};
}

NetworkOptions Server::Impl::network_options(const Options& options) const {
  return {.threads = threads_,
          .tcp_backlog = static_cast<int>(options.integer("tcp-backlog")),
          .on_thread_start = [](unsigned index) {
            pthread_setname_np(pthread_self(), ("larder-io-" + std::to_string(index)).c_str());
          }};
}

void Server::Impl::read_settings(const Options& options) {
  network_settings_.maxclients = static_cast<std::uint32_t>(options.integer("maxclients"));
  network_settings_.idle_timeout_s = options.integer("timeout");
  network_settings_.tcp_keepalive_s = options.integer("tcp-keepalive");
  access_.set_password(options.text("requirepass"));
  access_.set_protected_mode(options.yes("protected-mode"));
  slow_log_.set_threshold_us(options.integer("slowlog-log-slower-than"));
  slow_log_.set_length_max(static_cast<std::size_t>(options.integer("slowlog-max-len")));
  statistics_.latency().set_threshold_ms(options.integer("latency-monitor-threshold"));
  statistics_.set_sample_every(static_cast<std::uint32_t>(options.integer("stats-sample-every")));
  statistics_.set_prefix_delimiter(options.text("stats-prefix-delimiter"));
  set_receive_budget();
}

void Server::Impl::read_facts(const Options& options) {
  facts_.executable = this_executable();
  facts_.config_file = options.text("config");
  facts_.run_id = new_run_id();
  facts_.io_threads = threads_;
  facts_.started_monotonic_ns = clock_.monotonic_ns();
  facts_.started_ms = clock_.now_ms();
  facts_.maxmemory_source = options.origin("maxmemory");
  facts_.debug_command = options.yes("enable-debug-command");
}

void Server::Impl::connect_options() {
  options_.on_change("maxmemory", [this](std::string& text) {
    text = std::to_string(resolve_maxmemory(text, "CONFIG SET", memory_base()).bytes);
    store_.set_maxmemory(static_cast<std::uint64_t>(option_integer(text)));
    set_receive_budget();
    return Status::ok();
  });
  options_.on_change("maxmemory-policy", [this](std::string& text) {
    advisor_.set_policy(named_policy(text));
    return Status::ok();
  });
  // "auto" does not say which policy it had chosen.
  options_.before_change("maxmemory-policy", [this] {
    return [this, policy = store_.policy(), chooses = advisor_.chooses()] {
      advisor_.set_policy(policy);
      if (chooses) advisor_.set_policy({});
    };
  });
  options_.on_change("maxitems", [this](std::string& text) {
    store_.set_maxitems(static_cast<std::uint64_t>(option_integer(text)));
    return Status::ok();
  });
  options_.on_change("maxclients", [this](std::string& text) {
    return set_maxclients(static_cast<std::uint32_t>(option_integer(text)));
  });
  options_.on_change("timeout", [this](std::string& text) {
    network_settings_.idle_timeout_s = option_integer(text);
    return Status::ok();
  });
  options_.on_change("tcp-keepalive", [this](std::string& text) {
    network_settings_.tcp_keepalive_s = option_integer(text);
    return Status::ok();
  });
  options_.on_change("client-output-buffer-limit", [this](std::string& text) {
    Status status = commands_->set_output_limits(text);
    text = commands_->output_limits();
    return status;
  });
  options_.on_change("tracking-table-max-keys", [this](std::string& text) {
    commands_->set_tracking_keys_max(static_cast<std::size_t>(option_integer(text)));
    return Status::ok();
  });
  options_.on_change("notify-keyspace-events", [this](std::string& text) {
    commands_->set_notify_flags(parse_notify_flags(text).value());
    return Status::ok();
  });
  options_.on_change("requirepass", [this](std::string& text) {
    access_.set_password(text);
    return Status::ok();
  });
  options_.on_change("protected-mode", [this](std::string& text) {
    access_.set_protected_mode(option_yes(text));
    return Status::ok();
  });
  options_.on_change("loglevel", [](std::string& text) {
    set_log_level(text);
    return Status::ok();
  });
  options_.on_change("slowlog-log-slower-than", [this](std::string& text) {
    slow_log_.set_threshold_us(option_integer(text));
    return Status::ok();
  });
  options_.on_change("slowlog-max-len", [this](std::string& text) {
    slow_log_.set_length_max(static_cast<std::size_t>(option_integer(text)));
    return Status::ok();
  });
  options_.on_change("latency-monitor-threshold", [this](std::string& text) {
    statistics_.latency().set_threshold_ms(option_integer(text));
    return Status::ok();
  });
  options_.on_change("stats-sample-every", [this](std::string& text) {
    statistics_.set_sample_every(static_cast<std::uint32_t>(option_integer(text)));
    return Status::ok();
  });
  options_.on_change("stats-prefix-delimiter", [this](std::string& text) {
    statistics_.set_prefix_delimiter(text);
    return Status::ok();
  });
  options_.on_change("advisor", [this](std::string& text) {
    advisor_.set_enabled(option_yes(text));
    return Status::ok();
  });
  options_.on_change("stats-interval", [this](std::string& text) {
    stats_->set_interval(std::chrono::seconds(option_integer(text)));
    return Status::ok();
  });
}

void Server::Impl::set_receive_budget() {
  const std::uint64_t maxmemory = store_.budget().bytes_max();
  network_settings_.receive_bytes_max =
      maxmemory == 0 ? kReceiveBytesWithoutLimit : maxmemory / kReceiveShareOfMaxmemory;
}

Status Server::Impl::set_maxclients(std::uint32_t clients) {
  const std::uint32_t fit = make_room_for_clients(clients, threads_);
  if (fit < clients) {
    return Status::invalid("The operating system is not able to handle the specified number of clients, try with " +
                           std::to_string(fit));
  }
  network_settings_.maxclients = clients;
  return Status::ok();
}

Status Server::Impl::listen_tcp(const Options& options) {
  const auto port = static_cast<std::uint16_t>(options.integer("port"));
  if (port == 0 && !any_free_port_) return Status::ok();
  for (const std::string& address : option_list(options.text("bind"))) {
    // The first address chooses the free port, the others take the same.
    const std::uint16_t wanted = any_free_port_ ? facts_.tcp_port : port;
    const Result<std::uint16_t> listening = network_->listen_tcp(address, wanted, *commands_);
    if (!listening.is_ok()) return listening.status();
    facts_.tcp_port = listening.value();
    addresses_.push_back(with_port(address, listening.value()));
  }
  return Status::ok();
}

Status Server::Impl::listen_unix(const Options& options) {
  const std::string& path = options.text("unixsocket");
  if (path.empty()) return Status::ok();
  const auto mode = static_cast<unsigned>(std::stoul(options.text("unixsocketperm"), nullptr, 8));
  if (Status status = network_->listen_unix(path, mode, *commands_); !status.is_ok()) return status;
  addresses_.push_back(path);
  return Status::ok();
}

Status Server::Impl::listen_admin(const Options& options) {
  const auto port = static_cast<std::uint16_t>(options.integer("admin-port"));
  if (port == 0 && !admin_on_free_port_) return Status::ok();
  admin_ = std::make_unique<AdminServer>(options.text("admin-token"),
                                         PageSources{.commands = *commands_,
                                                     .statistics = statistics_,
                                                     .advisor = advisor_,
                                                     .slow_log = slow_log_,
                                                     .clock = clock_,
                                                     .is_ready = [this] { return ready_.load(); }});
  const std::string& bound = options.text("admin-bind");
  const std::string address = bound == "*" ? "0.0.0.0" : bound;
  const Result<std::uint16_t> listening = admin_->listen(address, port);
  if (!listening.is_ok()) return listening.status();
  admin_port_ = listening.value();
  return Status::ok();
}

Status Server::Impl::start() {
  LARDER_CHECK(!started_);
  const Options options = options_.options();
  if (Status status = listen_tcp(options); !status.is_ok()) return status;
  if (Status status = listen_unix(options); !status.is_ok()) return status;
  if (Status status = listen_admin(options); !status.is_ok()) return status;
  if (addresses_.empty()) return Status(StatusCode::kIo, "nothing to listen on: give a port or a unixsocket");
  log_start(options);
  fit_maxclients();
  log_exposure(options);

  maintenance_->start();
  stats_->start();
  advisor_thread_->start();
  network_->start();
  if (admin_) admin_->start();
  ready_ = true;
  started_ = true;
  if (admin_) spdlog::info("Admin port: http://{}", with_port(options.text("admin-bind"), admin_port_));
  spdlog::info("Ready to accept connections on {}", joined(addresses_));
  return Status::ok();
}

void Server::Impl::fit_maxclients() {
  const std::uint32_t wanted = network_settings_.maxclients;
  const std::uint32_t fit = make_room_for_clients(wanted, threads_);
  if (fit == wanted) return;
  spdlog::warn("maxclients is lowered from {} to {}: the system allows this process no more open files (ulimit -n)",
               wanted, fit);
  const std::string text = std::to_string(fit);
  const std::pair<std::string_view, std::string_view> change("maxclients", text);
  LARDER_CHECK(options_.set({&change, 1}).is_ok());
}

void Server::Impl::stop() {
  if (!started_) return;
  started_ = false;
  ready_ = false;
  const std::size_t cut_off = network_->drain(std::chrono::milliseconds(limits::kDrainMsMax));
  if (admin_) admin_->stop();
  advisor_thread_->stop();
  stats_->stop();
  maintenance_->stop();
  if (cut_off > 0) spdlog::warn("{} connections were cut off before their requests were answered", cut_off);
}

void Server::Impl::log_start(const Options& options) const {
  spdlog::info("Larder {} starts: pid {}, {} threads, {} shards, {} databases", kVersion, getpid(), threads_,
               store_.shards(), store_.databases());
  for (const std::string& note : options.notes) spdlog::warn("{}", note);
  const auto maxmemory = static_cast<std::uint64_t>(options.integer("maxmemory"));
  spdlog::info("maxmemory {} ({}), policy {}, maxitems {}", maxmemory == 0 ? "no limit" : format_size(maxmemory),
               options.origin("maxmemory"), options.text("maxmemory-policy"), limit_text(options.integer("maxitems")));
}

// Tells the operator who can reach the server, where that is more than this host.
void Server::Impl::log_exposure(const Options& options) const {
  if (facts_.tcp_port == 0 || !options.text("requirepass").empty()) return;
  const auto bound = option_list(options.text("bind"));
  if (std::all_of(bound.begin(), bound.end(), is_loopback_address)) return;
  const bool all = std::any_of(bound.begin(), bound.end(), [](const std::string& address) {
    return address == "*" || address == "0.0.0.0" || address == "::";
  });
  const std::string where = all ? "all addresses" : joined(bound);
  if (options.yes("protected-mode")) {
    spdlog::warn(
        "Listening on {}, but without a password only clients on this host are served: set requirepass, or "
        "protected-mode "
        "no where the network is trusted",
        where);
  } else {
    spdlog::warn("Listening on {} without a password: whoever reaches port {} can read and change everything", where,
                 facts_.tcp_port);
  }
}

Server::Server(ServerSetup setup) : impl_(std::make_unique<Impl>(std::move(setup))) {}

Server::~Server() = default;

Status Server::start() {
  return impl_->start();
}

void Server::stop() {
  impl_->stop();
}

std::uint16_t Server::port() const {
  return impl_->port();
}

std::uint16_t Server::admin_port() const {
  return impl_->admin_port();
}

const std::vector<std::string>& Server::addresses() const {
  return impl_->addresses();
}

Options Server::options() const {
  return impl_->options();
}

ShardedStore& Server::store() {
  return impl_->store();
}

Statistics& Server::statistics() {
  return impl_->statistics();
}

Advisor& Server::advisor() {
  return impl_->advisor();
}

ConnectionPort& Server::connections() {
  return impl_->connections();
}

}  // namespace larder

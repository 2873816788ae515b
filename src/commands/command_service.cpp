#include "larder/commands/command_service.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <vector>

#include "commands/client_fields.h"
#include "commands/command_table.h"
#include "commands/info.h"
#include "commands/lease_waiters.h"
#include "commands/session.h"
#include "larder/base/check.h"

namespace larder {

namespace {

constexpr std::string_view kProtectedModeText =
    "DENIED Larder is in protected mode: while no password is set it serves only clients on its own machine, and you "
    "come "
    "from elsewhere. To be served, do one of these there: (1) set a password with --requirepass, the environment "
    "variable "
    "LARDER_REQUIREPASS or CONFIG SET requirepass, and log in with AUTH; (2) if everyone who can reach this port may "
    "read "
    "and write the cache, start it with --protected-mode no or use CONFIG SET protected-mode no. Whoever needs no "
    "clients "
    "from outside binds it to 127.0.0.1 with --bind.";

// A stranger who keeps knocking does not fill the log.
constexpr TimeMs kDeniedLogIntervalMs = 10'000;

}  // namespace

class CommandService::Impl {
 public:
  explicit Impl(const Services& given)
      : services(given),
        pushes(given.store, given.connections),
        lease_waiters(given.connections),
        batches(given.facts.io_threads) {
    services.store.set_lease_listener(&lease_waiters);
  }
  ~Impl() { services.store.set_lease_listener(nullptr); }

  void log_denied(const ConnectionInfo& info) {
    const TimeMs now_ms = services.clock.now_ms();
    TimeMs logged_ms = denied_logged_ms.load(std::memory_order_relaxed);
    if (now_ms - logged_ms < kDeniedLogIntervalMs) return;
    if (!denied_logged_ms.compare_exchange_strong(logged_ms, now_ms, std::memory_order_relaxed)) return;
    spdlog::warn("protected mode: refused {}; set a password or --protected-mode no to serve clients from elsewhere",
                 info.peer_address);
  }

  const Services services;
  PushServices pushes;
  ClientRegistry clients;
  LeaseWaiters lease_waiters;
  std::vector<RequestBatch> batches;  // by io thread
  std::atomic<TimeMs> denied_logged_ms{0};
};

CommandService::CommandService(const Services& services) : impl_(std::make_unique<Impl>(services)) {}

CommandService::~CommandService() = default;

Status CommandService::set_output_limits(std::string_view text) {
  return impl_->pushes.output_limits.assign(text);
}

void CommandService::set_notify_flags(std::uint32_t flags) {
  impl_->pushes.notifier.set_flags(flags);
}

void CommandService::set_tracking_keys_max(std::size_t keys) {
  impl_->pushes.tracking.set_keys_max(keys);
}

bool CommandService::maintain(std::size_t work_max) {
  const bool more_discarded = impl_->pushes.discarded.free_some(work_max);
  return impl_->pushes.tracking.work_some(work_max, impl_->services.clock.now_ms()) || more_discarded;
}

std::string CommandService::output_limits() const {
  return impl_->pushes.output_limits.text();
}

std::string CommandService::info(std::span<const std::string_view> sections) const {
  const Services& services = impl_->services;
  return info_text(services, impl_->clients, impl_->pushes, services.clock.now_ms(), sections);
}

std::vector<CommandReport> CommandService::command_reports() const {
  std::vector<CommandReport> reports;
  for (const FoundCommand& command : CommandTable::instance().all()) {
    Statistics::CommandTotals totals = impl_->services.statistics.command_totals(command.index);
    if (totals.calls == 0 && totals.rejected == 0) continue;
    reports.push_back({.name = CommandTable::full_name(command), .totals = totals});
  }
  return reports;
}

std::vector<PrefixFigures> CommandService::prefix_reports(std::size_t count) const {
  return prefix_figures(impl_->services, impl_->services.clock.now_ms(), PrefixOrder::kOperations, count);
}

std::vector<ClientFields> CommandService::client_reports(std::size_t clients_max) const {
  const TimeMs now_ms = impl_->services.clock.now_ms();
  std::vector<ClientFields> reports;
  impl_->clients.for_each([&](const ClientRecord& record) {
    if (reports.size() < clients_max) reports.push_back(client_fields(record, now_ms));
  });
  return reports;
}

std::unique_ptr<RequestSession> CommandService::open(const ConnectionInfo& info, ReplyBuffer& refusal) {
  const Services& services = impl_->services;
  if (!info.loopback && services.access.protected_mode() && !services.access.has_password()) {
    impl_->log_denied(info);
    ReplyWriter(refusal, RespVersion::k2).error(kProtectedModeText);
    return nullptr;
  }
  LARDER_CHECK(info.ref.thread < impl_->batches.size());
  return std::make_unique<Session>(services, impl_->clients, impl_->lease_waiters, impl_->pushes,
                                   std::make_shared<ClientRecord>(info, services.clock.now_ms()),
                                   impl_->batches[info.ref.thread]);
}

}  // namespace larder

#include "commands/client_fields.h"

#include <algorithm>

#include "commands/command_table.h"

namespace larder {

namespace {

std::string flags_of(const ClientRecord& record) {
  std::string flags;
  if (record.monitors.load(std::memory_order_relaxed)) flags += 'O';
  if (record.queued_commands.load(std::memory_order_relaxed) >= 0) flags += 'x';
  if (record.is_subscriber()) flags += 'P';
  if (record.parked.load(std::memory_order_relaxed)) flags += 'b';
  const std::uint32_t tracking = record.tracking.load(std::memory_order_relaxed);
  if ((tracking & kTrackingOn) != 0) flags += 't';
  if ((tracking & kTrackingBrokenRedirect) != 0) flags += 'R';
  if ((tracking & kTrackingBroadcast) != 0) flags += 'B';
  if (record.info.unix_socket) flags += 'U';
  if (record.no_evict.load(std::memory_order_relaxed)) flags += 'e';
  if (record.no_touch.load(std::memory_order_relaxed)) flags += 'T';
  return flags.empty() ? "N" : flags;
}

std::string last_command_of(const ClientRecord& record) {
  const std::uint64_t last = record.last_command.load(std::memory_order_relaxed);
  return last == 0 ? "NULL" : CommandTable::full_name(CommandTable::instance().all()[last - 1]);
}

}  // namespace

bool is_client_field(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

void set_client_name(ClientRecord& record, std::string_view name) {
  const LockGuard guard(record.mutex);
  record.name = name;
}

ClientFields client_fields(const ClientRecord& record, TimeMs now_ms) {
  std::string name;
  std::string library_name;
  std::string library_version;
  std::uint64_t pushed = 0;
  {
    const LockGuard guard(record.mutex);
    if (record.mailbox != nullptr) pushed = record.mailbox->queued_bytes();
    name = record.name;
    library_name = record.library_name;
    library_version = record.library_version;
  }
  const ConnectionGauges& gauges = *record.info.gauges;
  const std::uint64_t unread = gauges.unread_bytes.load(std::memory_order_relaxed);
  const std::uint64_t unsent = gauges.unsent_bytes.load(std::memory_order_relaxed) + pushed;
  const std::uint64_t buffers = gauges.buffer_bytes.load(std::memory_order_relaxed);
  const std::uint64_t transaction_bytes = record.transaction_bytes.load(std::memory_order_relaxed);
  const std::uint64_t held_body_bytes = record.held_body_bytes.load(std::memory_order_relaxed);

  ClientFields fields;
  const auto field = [&fields](std::string_view key, std::string_view value) { fields.emplace_back(key, value); };
  const auto number = [&field](std::string_view key, auto value) { field(key, std::to_string(value)); };
  number("id", record.info.ref.id);
  field("addr", record.info.peer_address);
  field("laddr", record.info.local_address);
  number("fd", record.info.fd);
  field("name", name);
  number("age", (now_ms - record.connected_ms) / 1000);
  number("idle", (now_ms - record.last_request_ms.load(std::memory_order_relaxed)) / 1000);
  field("flags", flags_of(record));
  number("db", record.database.load(std::memory_order_relaxed));
  constexpr std::array<std::string_view, kChannelKinds> kSubscriptions = {"sub", "psub", "ssub"};
  for (std::size_t kind = 0; kind < kChannelKinds; ++kind) {
    number(kSubscriptions[kind], record.subscriptions[kind].load(std::memory_order_relaxed));
  }
  number("multi", record.queued_commands.load(std::memory_order_relaxed));
  number("qbuf", unread);
  number("qbuf-free", buffers - std::min(unread, buffers));
  number("argv-mem", held_body_bytes);
  number("multi-mem", transaction_bytes);
  number("rbs", 0);
  number("rbp", 0);
  number("obl", 0);
  number("oll", 0);
  number("omem", unsent);
  number("tot-mem", sizeof(ClientRecord) + buffers + held_body_bytes + unsent + transaction_bytes);
  field("events", unsent == 0 ? "r" : "rw");
  field("cmd", last_command_of(record));
  field("user", "default");
  const bool tracks = (record.tracking.load(std::memory_order_relaxed) & kTrackingOn) != 0;
  number("redir", tracks ? static_cast<std::int64_t>(record.tracking_redirect.load(std::memory_order_relaxed))
                         : std::int64_t{-1});
  number("resp", record.resp_version.load(std::memory_order_relaxed));
  field("lib-name", library_name);
  field("lib-ver", library_version);
  return fields;
}

std::string client_line(const ClientRecord& record, TimeMs now_ms) {
  std::string line;
  for (const auto& [name, value] : client_fields(record, now_ms)) {
    if (!line.empty()) line += ' ';
    line.append(name).append("=").append(value);
  }
  return line + '\n';
}

}  // namespace larder

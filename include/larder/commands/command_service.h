// The command layer as others see it: a RequestHandler whose sessions speak RESP and execute the command table on the
// store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/commands/prefix_figures.h"
#include "larder/commands/services.h"
#include "larder/protocol/request_handler.h"

namespace larder {

// The size of the command table, subcommands included; Statistics wants it before a CommandService exists.
std::size_t command_count();

struct CommandReport {
  std::string name;  // "get", "client|list"
  Statistics::CommandTotals totals;
};

// Names and values, in the order of CLIENT LIST.
using ClientFields = std::vector<std::pair<std::string, std::string>>;

class CommandService final : public RequestHandler {
 public:
  explicit CommandService(const Services& services);
  ~CommandService() override;

  // --- Settings at run time; any thread ---
  // client-output-buffer-limit, in whole or in part. Errors: kInvalidArgument, and nothing has changed.
  Status set_output_limits(std::string_view text);
  // All of it as it is now.
  std::string output_limits() const;
  // notify-keyspace-events; see notify_flags.h.
  void set_notify_flags(std::uint32_t flags);
  // tracking-table-max-keys.
  void set_tracking_keys_max(std::size_t keys);

  // --- What others show of the server; any thread ---
  // The text of INFO with these sections, as the command answers it.
  std::string info(std::span<const std::string_view> sections) const;
  // Every command that was called or refused since the start or the reset, in the order of the names.
  std::vector<CommandReport> command_reports() const;
  // As PREFIXSTATS: the prefixes that most of the latest operations were about.
  std::vector<PrefixFigures> prefix_reports(std::size_t count) const;
  // The first so many clients, each with the fields of CLIENT LIST.
  std::vector<ClientFields> client_reports(std::size_t clients_max) const;

  // Background: frees what tracking has left, in about so many steps of 100 ns. Returns whether there is more.
  bool maintain(std::size_t work_max);

  std::unique_ptr<RequestSession> open(const ConnectionInfo& info, ReplyBuffer& refusal) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder

// The command layer as others see it: a RequestHandler whose sessions speak RESP and execute the command table on the
// store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "larder/commands/services.h"
#include "larder/protocol/request_handler.h"

namespace larder {

// The size of the command table, subcommands included; Statistics wants it before a CommandService exists.
std::size_t command_count();

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

  // Background: frees what tracking has left, in about so many steps of 100 ns. Returns whether there is more.
  bool maintain(std::size_t work_max);

  std::unique_ptr<RequestSession> open(const ConnectionInfo& info, ReplyBuffer& refusal) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder

// The command layer as others see it: a RequestHandler whose sessions speak RESP and execute the command table on the
// store.
#pragma once

#include <memory>
#include <string>

#include "larder/commands/services.h"
#include "larder/protocol/request_handler.h"

namespace larder {

// The size of the command table, subcommands included; Statistics wants it before a CommandService exists.
std::size_t command_count();

class CommandService final : public RequestHandler {
 public:
  explicit CommandService(const Services& services);
  ~CommandService() override;

  std::unique_ptr<RequestSession> open(const ConnectionInfo& info, ReplyBuffer& refusal) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder

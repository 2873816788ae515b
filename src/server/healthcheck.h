// `larder --healthcheck`: asks the server that the same options describe whether it answers. For containers, whose
// image has no other client.
#pragma once

#include <chrono>
#include <string>

#include "larder/base/status.h"
#include "server/options.h"

namespace larder {

struct HealthAnswer {
  std::string where;  // "127.0.0.1:6379"
  std::chrono::microseconds took{0};
};

// Connects to the first address of `bind` (this host's own where it says all), or to the Unix socket if there is no
// TCP; logs in if a password is set; sends PING. Errors: kIo, one line that says what went wrong and where.
Result<HealthAnswer> check_health(const Options& options, std::chrono::milliseconds time_limit);

}  // namespace larder

// Connects to a server, and introduces itself where a password is asked for. Blocks while it does; the socket that it
// returns does not block. Stateless.
#pragma once

#include <string>

#include "larder/base/status.h"
#include "net/socket_ops.h"
#include "tools/bench/options.h"

namespace larder::bench {

// "127.0.0.1:6379", or the path of a Unix socket.
std::string endpoint_name(const Endpoint& endpoint);

// Errors: kIo, one line that names the endpoint.
Result<net::UniqueFd> connect_to(const Endpoint& endpoint, const std::string& password);

}  // namespace larder::bench

// Makes listening sockets; every failure is one line that says what to do. Private to net. Stateless.
#pragma once

#include <cstdint>
#include <string>

#include "larder/base/status.h"
#include "net/socket_ops.h"

namespace larder::net {

// One numeric address; IPv6 sockets take IPv6 only, so that "*" can have both. Port 0: any free one.
Result<UniqueFd> open_tcp_listener(const std::string& address, std::uint16_t port, int backlog);
// False if the machine has no IPv6 at all.
bool machine_has_ipv6();
std::uint16_t bound_port(const UniqueFd& listener);

// Replaces a socket file that nobody serves; refuses one in use, and anything that is not a socket.
Result<UniqueFd> open_unix_listener(const std::string& path, unsigned mode, int backlog);

}  // namespace larder::net

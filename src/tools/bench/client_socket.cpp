#include "tools/bench/client_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "larder/base/text.h"

namespace larder::bench {

namespace {

constexpr timeval kReplyTimeLimit{.tv_sec = 10, .tv_usec = 0};

std::string error_text(int error) {
  return std::generic_category().message(error);
}

Status cannot_connect(const Endpoint& endpoint, const std::string& why) {
  return {StatusCode::kIo, "cannot connect to " + endpoint_name(endpoint) + ": " + why};
}

Result<net::UniqueFd> connect_unix(const Endpoint& endpoint) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (endpoint.unix_path.size() >= sizeof name.sun_path) return cannot_connect(endpoint, "the path is too long");
  std::memcpy(name.sun_path, endpoint.unix_path.data(), endpoint.unix_path.size());
  net::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    return cannot_connect(endpoint, error_text(errno));
  }
  return socket;
}

Result<net::UniqueFd> connect_tcp(const Endpoint& endpoint) {
  addrinfo wish{};
  wish.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wish, &list);
  if (failed != 0) return cannot_connect(endpoint, ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
    net::UniqueFd socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket && ::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) {
      net::set_tcp_options(socket.get(), 0);
      return socket;
    }
    error = errno;
  }
  return cannot_connect(endpoint, error_text(error));
}

Status authenticate(int fd, const Endpoint& endpoint, const std::string& password) {
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kReplyTimeLimit, sizeof kReplyTimeLimit));
  const std::string request = "*2\r\n$4\r\nAUTH\r\n$" + std::to_string(password.size()) + "\r\n" + password + "\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return cannot_connect(endpoint, error_text(errno));
  }
  std::string reply;
  while (!reply.ends_with("\r\n")) {
    std::array<char, 512> buffer;
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return cannot_connect(endpoint, "no reply to AUTH");
    reply.append(buffer.data(), static_cast<std::size_t>(got));
  }
  reply.resize(reply.size() - 2);
  return reply == "+OK" ? Status::ok() : cannot_connect(endpoint, "the reply to AUTH is '" + printable(reply) + "'");
}

}  // namespace

std::string endpoint_name(const Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return endpoint.unix_path;
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

Result<net::UniqueFd> connect_to(const Endpoint& endpoint, const std::string& password) {
  Result<net::UniqueFd> socket = endpoint.unix_path.empty() ? connect_tcp(endpoint) : connect_unix(endpoint);
  if (!socket.is_ok()) return socket;
  const int fd = socket.value().get();
  if (!password.empty()) {
    if (Status status = authenticate(fd, endpoint, password); !status.is_ok()) return status;
  }
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) return cannot_connect(endpoint, error_text(errno));
  return socket;
}

}  // namespace larder::bench

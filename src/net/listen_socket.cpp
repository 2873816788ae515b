#include "net/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace larder::net {

namespace {

std::string error_text(int error) {
  return std::generic_category().message(error);
}

Status cannot_listen(const std::string& where, const std::string& why, const char* advice) {
  return {StatusCode::kIo, "cannot listen on " + where + ": " + why + "; " + advice};
}

Status cannot_listen(const std::string& where, int error) {
  const char* advice = "see the system's limits and permissions";
  if (error == EADDRINUSE) advice = "stop the server that uses it or choose another port";
  if (error == EACCES) advice = "choose a port above 1023 or give the program the right to use this one";
  if (error == EADDRNOTAVAIL) advice = "this machine has no such address";
  if (error == EAFNOSUPPORT) advice = "this machine does not speak that address family";
  return cannot_listen(where, error_text(error), advice);
}

std::string join_host_port(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

bool parse_address(const std::string& address, std::uint16_t port, SocketAddress& parsed) {
  auto& v4 = reinterpret_cast<sockaddr_in&>(parsed.storage);
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    parsed.size = sizeof v4;
    return true;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(parsed.storage);
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    parsed.size = sizeof v6;
    return true;
  }
  return false;
}

// Ok: the path is free now.
Status clear_stale_socket(const std::string& path, const sockaddr_un& name) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) {
    return errno == ENOENT ? Status::ok() : cannot_listen(path, error_text(errno), "check the directory");
  }
  if (!S_ISSOCK(file.st_mode)) return cannot_listen(path, "the file exists and is not a socket", "choose another path");
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return cannot_listen(path, errno);
  const int connected = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  // EAGAIN: its queue is full, so somebody owns it.
  if (connected == 0 || errno == EAGAIN) {
    return cannot_listen(path, error_text(EADDRINUSE), "stop the server that uses it or choose another path");
  }
  if (errno != ECONNREFUSED) return cannot_listen(path, error_text(errno), "remove the file or choose another path");
  if (::unlink(path.c_str()) != 0) {
    return cannot_listen(path, "its stale socket file cannot be removed: " + error_text(errno), "remove it");
  }
  return Status::ok();
}

}  // namespace

Result<UniqueFd> open_tcp_listener(const std::string& address, std::uint16_t port, int backlog) {
  const std::string where = join_host_port(address, port);
  SocketAddress name;
  if (!parse_address(address, port, name)) {
    return cannot_listen(where, "not an IPv4 or IPv6 address", "give it in numbers, or * for all addresses");
  }
  UniqueFd listener(::socket(name.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener) return cannot_listen(where, errno);
  const int on = 1;
  // Without it a restarted server would have to wait for the last connections of the old one to time out.
  if (::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return cannot_listen(where, errno);
  if (name.family() == AF_INET6 && ::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
    return cannot_listen(where, errno);
  }
  if (::bind(listener.get(), name.get(), name.size) != 0) return cannot_listen(where, errno);
  if (::listen(listener.get(), backlog) != 0) return cannot_listen(where, errno);
  return listener;
}

bool machine_has_ipv6() {
  SocketAddress any;
  parse_address("::", 0, any);
  const UniqueFd probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe && ::bind(probe.get(), any.get(), any.size) == 0;
}

std::uint16_t bound_port(const UniqueFd& listener) {
  SocketAddress name;
  return ::getsockname(listener.get(), name.get(), &name.size) == 0 ? name.port() : 0;
}

Result<UniqueFd> open_unix_listener(const std::string& path, unsigned mode, int backlog) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path) {
    return cannot_listen(path, "a socket's path has 1 to " + std::to_string(sizeof name.sun_path - 1) + " bytes",
                         "choose another path");
  }
  std::memcpy(name.sun_path, path.data(), path.size());
  if (Status cleared = clear_stale_socket(path, name); !cleared.is_ok()) return cleared;

  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener) return cannot_listen(path, errno);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    return cannot_listen(path, error_text(errno), "check the directory and its permissions");
  }
  // Before listen(): until then nobody can connect, whatever the umask left open.
  const bool mode_set = mode == 0 || ::chmod(path.c_str(), mode) == 0;
  if (!mode_set || ::listen(listener.get(), backlog) != 0) {
    const Status failed = cannot_listen(path, errno);
    ::unlink(path.c_str());
    return failed;
  }
  return listener;
}

}  // namespace larder::net

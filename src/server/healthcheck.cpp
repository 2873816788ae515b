#include "server/healthcheck.h"

#include "net/asio.h"  // before any other part of Asio

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <iostream>

#include "larder/base/text.h"
#include "server/option_value.h"

namespace larder {

namespace {

// Sends one request and reads the line that answers it, without its end. Empty: there was none in time.
std::string ask(std::iostream& stream, const std::vector<std::string_view>& request) {
  stream << '*' << request.size() << "\r\n";
  for (const std::string_view argument : request) stream << '$' << argument.size() << "\r\n" << argument << "\r\n";
  stream.flush();
  std::string line;
  std::getline(stream, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

Status converse(std::iostream& stream, const std::string& password) {
  if (!password.empty()) {
    const std::string answer = ask(stream, {"AUTH", password});
    if (answer != "+OK") return Status(StatusCode::kIo, "AUTH was answered by '" + printable(answer) + "'");
  }
  const std::string answer = ask(stream, {"PING"});
  if (answer != "+PONG") return Status(StatusCode::kIo, "PING was answered by '" + printable(answer) + "'");
  return Status::ok();
}

template <class Protocol>
Status check(const typename Protocol::endpoint& endpoint, const std::string& password,
             std::chrono::milliseconds time_limit) {
  asio::basic_socket_iostream<Protocol> stream;
  stream.expires_after(time_limit);
  stream.connect(endpoint);
  if (!stream) return Status(StatusCode::kIo, "cannot connect: " + stream.error().message());
  Status status = converse(stream, password);
  // The stream's own error says more than an answer that did not come.
  if (!status.is_ok() && stream.error() && stream.error() != asio::error::eof) {
    return Status(StatusCode::kIo, "no answer: " + stream.error().message());
  }
  return status;
}

asio::ip::address address_to_ask(const Options& options) {
  const std::string bound = option_list(options.text("bind")).front();
  if (bound == "*") return asio::ip::address_v4::loopback();
  asio::ip::address address = asio::ip::make_address(bound);
  if (!address.is_unspecified()) return address;
  return address.is_v4() ? asio::ip::address(asio::ip::address_v4::loopback()) : asio::ip::address_v6::loopback();
}

}  // namespace

Result<HealthAnswer> check_health(const Options& options, std::chrono::milliseconds time_limit) {
  const auto port = static_cast<std::uint16_t>(options.integer("port"));
  const std::string& path = options.text("unixsocket");
  const std::string& password = options.text("requirepass");
  if (port == 0 && path.empty()) return Status(StatusCode::kIo, "neither a port nor a Unix socket is configured");

  const auto start = std::chrono::steady_clock::now();
  HealthAnswer answer;
  Status status;
  if (port != 0) {
    const asio::ip::address address = address_to_ask(options);
    answer.where =
        (address.is_v6() ? "[" + address.to_string() + "]" : address.to_string()) + ":" + std::to_string(port);
    status = check<asio::ip::tcp>({address, port}, password, time_limit);
  } else {
    answer.where = path;
    status = check<asio::local::stream_protocol>(path, password, time_limit);
  }
  answer.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  if (!status.is_ok()) return Status(StatusCode::kIo, answer.where + ": " + status.message());
  return answer;
}

}  // namespace larder

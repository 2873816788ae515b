#include "admin/http_router.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>

#include "larder/base/text.h"

namespace larder {

namespace {

constexpr const char* kTextType = "text/plain; charset=utf-8";
constexpr int kTooLarge = 431;

// A request that is there as a whole, and room for the reply to it.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view request) : request_(request) {}
  std::string take_reply() { return std::move(reply_); }

  bool is_readable() const override { return !request_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const std::size_t bytes = std::min(size, request_.size());
    std::memcpy(to, request_.data(), bytes);
    request_.remove_prefix(bytes);
    return static_cast<ssize_t>(bytes);
  }
  ssize_t write(const char* from, size_t size) override {
    reply_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override { get_remote_ip_and_port(ip, port); }
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  std::string_view request_;
  std::string reply_;
};

void refuse(httplib::Response& response, int status, const std::string& why) {
  response.status = status;
  response.set_content(why + "\n", kTextType);
}

// Parts of a page, which multiply it, are what none of our pages means; and the library takes the header that asks for
// them apart by a regular expression, whose depth on the stack grows with its length.
std::string without_ranges(std::string_view request) {
  constexpr std::string_view kName = "range:";
  std::string kept;
  while (!request.empty()) {
    const std::string_view line = request.substr(0, request.find('\n') + 1);
    const std::string_view whole = line.empty() ? request : line;
    if (!equals_ignore_case(whole.substr(0, kName.size()), kName)) kept += whole;
    request.remove_prefix(whole.size());
  }
  return kept;
}

// Compression costs more than it saves on the way to a neighbour.
void simplify(httplib::Request& request) {
  request.headers.erase("Accept-Encoding");
}

}  // namespace

// The library as a parser of requests and a writer of replies: it never listens, and its routes, regular expressions
// all, are not used.
class HttpRouter::Impl final : public httplib::Server {
 public:
  explicit Impl(std::string token) : token_(std::move(token)) {
    set_default_headers({{"Cache-Control", "no-store"},
                         {"X-Content-Type-Options", "nosniff"},
                         {"Referrer-Policy", "no-referrer"},
                         {"Content-Security-Policy",
                          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
                          "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}});
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      route(request, response);
      return HandlerResponse::Handled;
    });
  }

  void add(const std::string& path, Page page, bool open) {
    pages_.insert_or_assign(path, Entry{std::move(page), open});
  }

  std::string answer(std::string_view request) {
    const std::string simple = without_ranges(request);
    MemoryStream stream(simple);
    bool closed = false;
    process_request(stream, /*close_connection=*/true, closed, simplify);
    return stream.take_reply();
  }

 private:
  struct Entry {
    Page page;
    bool open = false;
  };

  void route(const httplib::Request& request, httplib::Response& response) const {
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", "GET, HEAD");
      return refuse(response, 405, "Pages are only read here.");
    }
    const auto found = pages_.find(request.path);
    const bool open = found != pages_.end() && found->second.open;
    if (!open && !admit(request, response)) return;
    if (found == pages_.end()) return refuse(response, 404, "There is no such page.");
    HttpParameters parameters;
    for (const auto& [name, value] : request.params) parameters.emplace(name, value);
    const HttpReply reply = found->second.page(parameters);
    response.status = reply.status;
    response.set_content(reply.body, reply.type);
  }

  bool admit(const httplib::Request& request, httplib::Response& response) const {
    if (token_.empty()) {
      // Browsers always name the host; old probes may not.
      const std::string host = request.get_header_value("Host");
      if (host.empty() || is_host_by_address(host)) return true;
      refuse(response, 403, "Without an admin-token this port is asked for by its address or as localhost.");
      return false;
    }
    if (is_authorized(request.get_header_value("Authorization"), token_)) return true;
    // A page that asks for the token itself wants no dialogue of the browser.
    if (!request.has_header("X-Larder-Page")) response.set_header("WWW-Authenticate", "Basic realm=\"larder\"");
    refuse(response, 401, "The admin token is wanted, as a bearer token or as the password of any user.");
    return false;
  }

  const std::string token_;
  std::map<std::string, Entry, std::less<>> pages_;
};

HttpRouter::HttpRouter(std::string token) : impl_(std::make_unique<Impl>(std::move(token))) {}

HttpRouter::~HttpRouter() = default;

void HttpRouter::add(const std::string& path, Page page, bool open) {
  impl_->add(path, std::move(page), open);
}

std::string HttpRouter::answer(std::string_view request, bool whole) {
  if (whole) return impl_->answer(request);
  return "HTTP/1.1 " + std::to_string(kTooLarge) +
         " Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace larder

// What the admin port answers: pages by their path, and who may see them. Bytes in, bytes out; no sockets. The only
// part that knows the HTTP library.
//
// Where there is a token, a page that is not open wants it: `Authorization: Bearer TOKEN`, or Basic with any name and
// the token as password. Where there is none, a page that is not open is shown only to who asks for this host by an
// address or as localhost: a browser that was led here under another name (DNS rebinding) acts for somebody else.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace larder {

struct HttpReply {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

// "?name=value" of the request; of several of one name the first.
using HttpParameters = std::map<std::string, std::string, std::less<>>;

class HttpRouter {
 public:
  using Page = std::function<HttpReply(const HttpParameters&)>;

  // An empty token: nobody is asked.
  explicit HttpRouter(std::string token);
  ~HttpRouter();

  // `open`: whoever reaches the port may see it.
  void add(const std::string& path, Page page, bool open = false);

  // The whole reply, to be followed by the end of the connection. `whole`: the request has its empty line; otherwise it
  // is a larger one's beginning, and refused. One thread at a time.
  std::string answer(std::string_view request, bool whole);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether the value of an Authorization header proves the token. Takes no time that tells how much is right.
bool is_authorized(std::string_view header, std::string_view token);
// Whether the value of a Host header, with or without a port, is an address in numbers or localhost.
bool is_host_by_address(std::string_view host);

}  // namespace larder

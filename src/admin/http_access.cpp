// Who may see the pages of the admin port.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "admin/http_router.h"
#include "larder/base/text.h"

namespace larder {

namespace {

std::string decode_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

bool is_same(std::string_view attempt, std::string_view token) {
  unsigned difference = attempt.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < attempt.size() && !token.empty(); ++i) {
    difference |= static_cast<unsigned char>(attempt[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
  }
  return difference == 0;
}

bool is_scheme(std::string_view header, std::string_view scheme) {
  return header.size() > scheme.size() && equals_ignore_case(header.substr(0, scheme.size()), scheme);
}

}  // namespace

bool is_authorized(std::string_view header, std::string_view token) {
  constexpr std::string_view kBearer = "Bearer ";
  constexpr std::string_view kBasic = "Basic ";
  if (is_scheme(header, kBearer)) return is_same(header.substr(kBearer.size()), token);
  if (!is_scheme(header, kBasic)) return false;
  const std::string pair = decode_base64(header.substr(kBasic.size()));
  const std::size_t colon = pair.find(':');
  return colon != std::string::npos && is_same(std::string_view(pair).substr(colon + 1), token);
}

bool is_host_by_address(std::string_view host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (host.starts_with('[')) {
    const std::string v6(host.substr(1, host.find(']') - 1));
    return host.find(']') != std::string_view::npos && inet_pton(AF_INET6, v6.c_str(), address.data()) == 1;
  }
  const std::string name(host.substr(0, host.find(':')));
  return equals_ignore_case(name, "localhost") || inet_pton(AF_INET, name.c_str(), address.data()) == 1;
}

}  // namespace larder

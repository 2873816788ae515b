#include "support/request_maker.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/base/text.h"

namespace larder::test {

namespace {

constexpr std::size_t kWordsMax = 40;

template <std::size_t n>
std::string one_of(Choices& choices, const std::array<std::string_view, n>& words) {
  return std::string(words[choices.below(n)]);
}

}  // namespace

std::vector<std::string> RequestMaker::make(std::size_t command) {
  const FoundCommand& found = CommandTable::instance().all()[command];
  request_.clear();
  if (found.container != nullptr) request_.emplace_back(found.container->name);
  request_.emplace_back(found.spec->name);
  const auto arguments = parse_syntax(found.spec->syntax);
  LARDER_CHECK(arguments.is_ok());
  add_arguments(arguments.value());
  if (one_in(8)) make_a_mistake();
  if (one_in(8)) request_[0] = to_upper(request_[0]);
  return std::move(request_);
}

void RequestMaker::add_arguments(const std::vector<ArgumentNode>& nodes) {
  for (const ArgumentNode& node : nodes) {
    if (node.optional && one_in(2)) continue;
    const std::uint64_t times = node.multiple ? 1 + choices_.below(4) : 1;
    for (std::uint64_t i = 0; i < times && request_.size() < kWordsMax; ++i) add_argument(node);
  }
}

void RequestMaker::add_argument(const ArgumentNode& node) {
  if (!node.token.empty()) request_.push_back(one_in(4) ? to_lower(node.token) : node.token);
  switch (node.type) {
    case ArgumentType::kPureToken:
      break;
    case ArgumentType::kOneOf:
      add_argument(node.children[choices_.below(node.children.size())]);
      break;
    case ArgumentType::kBlock:
      add_arguments(node.children);
      break;
    default:
      request_.push_back(any_value(node));
  }
}

std::string RequestMaker::any_value(const ArgumentNode& node) {
  constexpr std::array<std::string_view, 8> kPatterns = {"*", "", "a*", "?", "[a-c]*", "[^a]", "\\*", "max*"};
  constexpr std::array<std::string_view, 6> kDoubles = {"1.5", "-0.001", "1e3", "inf", "nan", "3"};
  // What containers and COMMAND are asked about.
  constexpr std::array<std::string_view, 11> kNames = {
      "delay", "reload", "set-active-expire", "get",        "msetex", "client|list", "jmap",
      "sleep", "object", "maxmemory",         "requirepass"};
  if (node.name == "numkeys") return std::to_string(1 + choices_.below(3));
  if (node.name == "client-id") return std::to_string(1 + choices_.below(5));
  switch (node.type) {
    case ArgumentType::kKey:
      return any_key();
    case ArgumentType::kInteger:
    case ArgumentType::kUnixTime:
      return any_number();
    case ArgumentType::kDouble:
      return one_of(choices_, kDoubles);
    case ArgumentType::kPattern:
      return one_of(choices_, kPatterns);
    default:
      return one_in(4) ? one_of(choices_, kNames) : any_string();
  }
}

std::string RequestMaker::any_key() {
  switch (const std::uint64_t key = choices_.below(16)) {
    case 0:
      return "";
    case 1:
      return any_bytes();
    case 2:
      return std::string(300, 'k');
    case 3:
      return std::string(limits::kKeyBytesMax, 'l');
    default:
      return std::string(1, static_cast<char>('a' + key % 8));
  }
}

std::string RequestMaker::any_number() {
  constexpr std::array<std::string_view, 16> kNumbers = {"0",
                                                         "1",
                                                         "2",
                                                         "-1",
                                                         "7",
                                                         "10",
                                                         "100",
                                                         "1000",
                                                         "1700000001",
                                                         "1700000000500",
                                                         "4294967295",
                                                         "65536",
                                                         "-5",
                                                         "9223372036854775807",
                                                         "-9223372036854775808",
                                                         "1000000"};
  return one_of(choices_, kNumbers);
}

std::string RequestMaker::any_string() {
  switch (choices_.below(8)) {
    case 0:
      return any_bytes();
    case 1:
      return any_number();
    case 2:
      return std::string(choices_.below(600), static_cast<char>('a' + choices_.below(3)));
    case 3:  // in a block of its own, if there is room
      return one_in(4) ? std::string(limits::kBodyBytesMin + choices_.below(4096), 'B') : "b";
    case 4:
      return "b6acb9d84a38ff74";
    default:
      return std::string(1, static_cast<char>('0' + choices_.below(10)));
  }
}

std::string RequestMaker::any_bytes() {
  std::string bytes(choices_.below(12), 0);
  for (char& byte : bytes) byte = static_cast<char>(choices_.below(256));
  return bytes;
}

void RequestMaker::make_a_mistake() {
  const std::size_t at = choices_.below(request_.size() + 1);
  switch (choices_.below(3)) {
    case 0:
      request_.insert(request_.begin() + static_cast<std::ptrdiff_t>(at), any_string());
      break;
    case 1:
      if (at < request_.size() && request_.size() > 1)
        request_.erase(request_.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    default:
      if (at < request_.size()) request_[at] = any_string();
  }
}

}  // namespace larder::test

#include "larder/commands/notify_flags.h"

#include <utility>

namespace larder {

namespace {

using Letter = std::pair<char, std::uint32_t>;

// In the order in which they are printed.
constexpr Letter kInAll[] = {{'g', kNotifyGeneric}, {'$', kNotifyString}, {'l', kNotifyList},    {'s', kNotifySet},
                             {'h', kNotifyHash},    {'z', kNotifyZset},   {'x', kNotifyExpired}, {'e', kNotifyEvicted},
                             {'t', kNotifyStream},  {'d', kNotifyModule}};
constexpr Letter kOthers[] = {{'n', kNotifyNew}, {'K', kNotifyKeyspace}, {'E', kNotifyKeyevent}, {'m', kNotifyMiss}};

constexpr std::uint32_t all_flags() {
  std::uint32_t flags = 0;
  for (const auto& [letter, flag] : kInAll) flags |= flag;
  return flags;
}

std::uint32_t flags_of(char letter) {
  if (letter == 'A') return all_flags();
  for (const auto& [known, flag] : kInAll) {
    if (known == letter) return flag;
  }
  for (const auto& [known, flag] : kOthers) {
    if (known == letter) return flag;
  }
  return 0;
}

}  // namespace

Result<std::uint32_t> parse_notify_flags(std::string_view text) {
  std::uint32_t flags = 0;
  for (const char letter : text) {
    const std::uint32_t flag = flags_of(letter);
    if (flag == 0) return Status::invalid("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    flags |= flag;
  }
  return flags;
}

std::string notify_flags_text(std::uint32_t flags) {
  std::string text;
  if ((flags & all_flags()) == all_flags()) {
    text += 'A';
  } else {
    for (const auto& [letter, flag] : kInAll) {
      if ((flags & flag) != 0) text += letter;
    }
  }
  for (const auto& [letter, flag] : kOthers) {
    if ((flags & flag) != 0) text += letter;
  }
  return text;
}

}  // namespace larder

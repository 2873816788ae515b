#include "larder/commands/output_limits.h"

#include <optional>
#include <utility>
#include <vector>

#include "larder/base/text.h"

namespace larder {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::array<std::string_view, kOutputClasses> kNames = {"normal", "slave", "pubsub"};
constexpr std::size_t kWordsPerClass = 4;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<std::size_t> class_named(std::string_view name) {
  if (equals_ignore_case(name, "replica")) name = "slave";
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (equals_ignore_case(name, kNames[i])) return i;
  }
  return {};
}

}  // namespace

OutputLimit OutputLimits::of(OutputClass output_class) const {
  const Row& row = at(output_class);
  return {row.hard_bytes.load(std::memory_order_relaxed), row.soft_bytes.load(std::memory_order_relaxed),
          row.soft_s.load(std::memory_order_relaxed)};
}

Status OutputLimits::assign(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.size() % kWordsPerClass != 0) {
    return Status::invalid("Wrong number of arguments in buffer limit configuration.");
  }
  std::vector<std::pair<std::size_t, OutputLimit>> limits;
  for (std::size_t i = 0; i < words.size(); i += kWordsPerClass) {
    const auto number = class_named(words[i]);
    if (!number) return Status::invalid("Invalid client class specified in buffer limit configuration.");
    const Result<std::uint64_t> hard = parse_size(words[i + 1]);
    const Result<std::uint64_t> soft = parse_size(words[i + 2]);
    const auto seconds = parse_int64(words[i + 3]);
    if (!hard.is_ok() || !soft.is_ok() || !seconds || *seconds < 0) {
      return Status::invalid("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits.emplace_back(*number, OutputLimit{hard.value(), soft.value(), *seconds});
  }
  for (const auto& [number, limit] : limits) {
    rows_[number].hard_bytes.store(limit.hard_bytes, std::memory_order_relaxed);
    rows_[number].soft_bytes.store(limit.soft_bytes, std::memory_order_relaxed);
    rows_[number].soft_s.store(limit.soft_s, std::memory_order_relaxed);
  }
  return Status::ok();
}

std::string OutputLimits::text() const {
  std::string text;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const OutputLimit limit = of(static_cast<OutputClass>(i));
    if (i != 0) text += ' ';
    text.append(kNames[i]).append(" ").append(std::to_string(limit.hard_bytes)).append(" ");
    text.append(std::to_string(limit.soft_bytes)).append(" ").append(std::to_string(limit.soft_s));
  }
  return text;
}

}  // namespace larder

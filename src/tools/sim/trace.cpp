#include "tools/sim/trace.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "larder/base/limits.h"

namespace larder::sim {

namespace {

// One less than what 32 bits can number: the last one means "never" to whoever looks for a next use.
constexpr std::size_t kRequestsMax = std::numeric_limits<std::uint32_t>::max() - 1;
// A tebibyte: their sum stays far from the end of 64 bits.
constexpr std::uint64_t kSizeBytesMax = std::uint64_t{1} << 40;

}  // namespace

class Trace::Loader {
 public:
  Result<Trace> load(AccessReader& reader) {
    Access access;
    while (reader.next(access)) {
      if (trace_.requests_.size() == kRequestsMax) return Status::invalid(reader.where() + ": more than 2^32 accesses");
      if (access.text.size() > limits::kKeyBytesMax) {
        return Status::invalid(reader.where() + ": an id of " + std::to_string(access.text.size()) +
                               " bytes; a key has at most " + std::to_string(limits::kKeyBytesMax));
      }
      if (access.size_bytes > kSizeBytesMax) {
        return Status::invalid(reader.where() + ": a size of " + std::to_string(access.size_bytes) + " bytes");
      }
      trace_.requests_.push_back(number_of(access));
    }
    if (!reader.status().is_ok()) return reader.status();
    if (trace_.requests_.empty()) return Status::invalid("there is no access in the trace");
    sum_up();
    return std::move(trace_);
  }

 private:
  ObjectNumber number_of(const Access& access) {
    const auto next = static_cast<ObjectNumber>(trace_.objects_.size());
    if (access.text.empty()) {
      const auto [place, is_new] = by_number_.try_emplace(access.number, next);
      if (is_new) add(access.number, access.size_bytes, false);
      return place->second;
    }
    const auto known = by_text_.find(access.text);
    if (known != by_text_.end()) return known->second;
    trace_.texts_.emplace_back(access.text);
    by_text_.emplace(trace_.texts_.back(), next);
    add(trace_.texts_.size() - 1, access.size_bytes, true);
    return next;
  }
  void add(std::uint64_t id, std::uint64_t size_bytes, bool has_text) {
    constexpr std::uint64_t kSizeMask = (std::uint64_t{1} << 63) - 1;
    trace_.objects_.push_back({id, size_bytes & kSizeMask, has_text ? 1u : 0u});
  }
  void sum_up() {
    std::uint64_t unit = 0;
    std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
    for (const Object& object : trace_.objects_) {
      const std::uint64_t bytes = object.size_bytes;
      trace_.total_bytes_ += bytes;
      trace_.largest_bytes_ = std::max(trace_.largest_bytes_, bytes);
      if (bytes != 0) smallest = std::min(smallest, bytes);
      unit = std::gcd(unit, bytes);
    }
    trace_.unit_bytes_ = std::max<std::uint64_t>(1, unit);
    trace_.smallest_bytes_ = std::min(smallest, trace_.largest_bytes_);
  }

  Trace trace_;
  std::unordered_map<std::uint64_t, ObjectNumber> by_number_;
  std::unordered_map<std::string_view, ObjectNumber> by_text_;  // views of texts_, whose strings stay where they are
};

Result<Trace> Trace::load(AccessReader& reader) {
  return Loader().load(reader);
}

std::string_view Trace::key(ObjectNumber object, KeyBuffer& buffer) const {
  const Object& found = objects_[object];
  if (found.has_text != 0) return texts_[found.id];
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::uint64_t{found.id});
  static_cast<void>(error);
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

}  // namespace larder::sim

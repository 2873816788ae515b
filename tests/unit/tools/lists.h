// A trace out of a list in the test, and what a reader reads as a list.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tools/sim/access_reader.h"
#include "tools/sim/trace.h"

namespace larder::sim {

class ListReader final : public AccessReader {
 public:
  explicit ListReader(std::vector<std::pair<std::uint64_t, std::uint64_t>> ids_and_sizes)
      : list_(std::move(ids_and_sizes)) {}
  bool next(Access& access) override {
    if (next_ == list_.size()) return false;
    access = {{}, list_[next_].first, list_[next_].second};
    ++next_;
    return true;
  }
  const Status& status() const override { return status_; }
  std::string where() const override { return "list:" + std::to_string(next_); }

 private:
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> list_;
  std::size_t next_ = 0;
  const Status status_;
};

inline Trace trace_of(std::vector<std::pair<std::uint64_t, std::uint64_t>> ids_and_sizes) {
  ListReader reader(std::move(ids_and_sizes));
  return Trace::load(reader).value();
}

// Every object of size 1.
inline Trace trace_of_ids(const std::vector<std::uint64_t>& ids) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
  for (const std::uint64_t id : ids) list.emplace_back(id, 1);
  return trace_of(std::move(list));
}

// "id:size" words.
inline std::vector<std::string> read_all(AccessReader& reader) {
  std::vector<std::string> words;
  Access access;
  while (reader.next(access)) {
    const std::string id = access.text.empty() ? std::to_string(access.number) : "'" + std::string(access.text) + "'";
    words.push_back(id + ":" + std::to_string(access.size_bytes));
  }
  return words;
}

}  // namespace larder::sim

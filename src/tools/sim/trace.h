// A trace in memory, for as many replays as there are policies and sizes: an object's number a request (4 bytes), and
// the name and size of each object. Read-only once loaded, so any number of threads may replay it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/status.h"
#include "tools/sim/access_reader.h"

namespace larder::sim {

using ObjectNumber = std::uint32_t;

class Trace {
 public:
  // Where key() writes what is not kept as a text.
  using KeyBuffer = std::array<char, 24>;

  // Reads it to the end. An object keeps the size of its first access. Errors: of the reader; an id longer than a key
  // may be; a trace without accesses or with 2^32 of them.
  static Result<Trace> load(AccessReader& reader);

  const std::vector<ObjectNumber>& requests() const { return requests_; }
  std::size_t objects() const { return objects_.size(); }
  std::uint64_t size_bytes(ObjectNumber object) const { return objects_[object].size_bytes; }
  // Of all objects together, each once.
  std::uint64_t total_bytes() const { return total_bytes_; }
  std::uint64_t largest_bytes() const { return largest_bytes_; }
  std::uint64_t smallest_bytes() const { return smallest_bytes_; }
  // What all sizes are multiples of; at least 1.
  std::uint64_t unit_bytes() const { return unit_bytes_; }

  // The object's id as the trace has it: the key under which a client of a server would store it.
  std::string_view key(ObjectNumber object, KeyBuffer& buffer) const;

 private:
  class Loader;

  struct Object {
    std::uint64_t id;  // a number, or the place of its text in texts_
    std::uint64_t size_bytes : 63;
    std::uint64_t has_text : 1;
  };

  std::vector<ObjectNumber> requests_;
  std::vector<Object> objects_;
  std::deque<std::string> texts_;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t largest_bytes_ = 0;
  std::uint64_t smallest_bytes_ = 0;  // of those that have any
  std::uint64_t unit_bytes_ = 1;
};

}  // namespace larder::sim

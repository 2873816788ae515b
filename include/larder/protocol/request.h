// A parsed request: a list of arguments, whoever owns their bytes. Reused from batch to batch, so that a request costs
// no allocation once its buffers have grown.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/base/blob.h"

namespace larder {

class Request {
 public:
  Request() = default;
  // Moving keeps every view valid; a copy's views would point into the original.
  Request(Request&&) noexcept = default;
  Request& operator=(Request&&) noexcept = default;

  std::size_t size() const { return arguments_.size(); }
  bool empty() const { return arguments_.empty(); }
  // Views into the parser's input, into this request's own copy, or into a blob. Valid until the input moves or the
  // request is cleared.
  std::string_view operator[](std::size_t index) const { return arguments_[index]; }
  std::span<const std::string_view> arguments() const { return arguments_; }

  // The block that holds the whole of argument `index`, or null if it has none. The request keeps its reference.
  Blob* blob(std::size_t index) const;
  // Bytes of all its blocks together.
  std::size_t blob_bytes() const;
  // True if a body of this request was skipped because it was not admitted: it must be answered by an error.
  bool body_skipped() const { return body_skipped_; }
  // Bytes this request takes on the wire, bodies included; for fairness and statistics.
  std::size_t wire_bytes() const { return wire_bytes_; }

  // A copy that owns its bytes, for whoever keeps the request longer; blocks are shared.
  Request owned() const;
  // What it holds in memory, blocks included, and without them.
  std::size_t memory_bytes() const;
  std::size_t buffer_bytes() const {
    return arguments_.capacity() * sizeof(std::string_view) + own_bytes_.capacity() +
           blobs_.capacity() * sizeof(std::pair<std::size_t, BlobRef>);
  }

  // Empties it. Keeps its buffers for the next request unless a rare large one has made them grow out of proportion.
  void clear() {
    arguments_.clear();
    wire_bytes_ = 0;
    body_skipped_ = false;
    if (!blobs_.empty()) blobs_.clear();
    if (own_bytes_.capacity() >= kOwnBytesMin || arguments_.capacity() > kArgumentsKept) [[unlikely]]
      clear_grown();
  }

  // --- For parsers ---
  void add(std::string_view argument) { arguments_.push_back(argument); }
  // Copies the argument into this request. Views of arguments copied earlier follow when the copy moves.
  void add_own(std::string_view argument);
  void add_blob(BlobRef blob);
  void add_skipped();
  void set_wire_bytes(std::size_t bytes) { wire_bytes_ = bytes; }
  // The copied bytes, for a parser that appends a word at a time: after reserve_own() the next `bytes` appended move
  // nothing.
  std::string& own_bytes() { return own_bytes_; }
  const std::string& own_bytes() const { return own_bytes_; }
  void reserve_own(std::size_t bytes);
  std::vector<std::string_view>& mutable_arguments() { return arguments_; }

 private:
  // Copied bytes take at least so much; longer than any string that is kept inside the string object itself.
  static constexpr std::size_t kOwnBytesMin = 256;
  // What clear() keeps: enough for every usual request; the batch's requests stay small for all that passed through
  // them.
  static constexpr std::size_t kOwnBytesKept = 64 * 1024;
  static constexpr std::size_t kArgumentsKept = 4 * 1024;

  void clear_grown();

  std::vector<std::string_view> arguments_;
  std::vector<std::pair<std::size_t, BlobRef>> blobs_;  // by argument index, ascending
  std::string own_bytes_;  // on the heap as soon as an argument points into it, so that moving the string moves no byte
  std::size_t wire_bytes_ = 0;
  bool body_skipped_ = false;
};

}  // namespace larder

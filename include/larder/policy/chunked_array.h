// WHAT: an array that grows and shrinks at its end by pieces of fixed size, so that no step copies more than a table of
// pointers. For what a policy keeps once for every item or for every few of them.
//
// INVARIANTS: chunks cover size() elements and at most one chunk more, so that a size that goes up and down over a
// border does not allocate each time.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "larder/base/allocation.h"

namespace larder {

template <class T>
class ChunkedArray {
 public:
  std::size_t size() const { return size_; }
  T& operator[](std::size_t at) { return chunks_[at / kPerChunk][at % kPerChunk]; }
  const T& operator[](std::size_t at) const { return chunks_[at / kPerChunk][at % kPerChunk]; }

  void push_back(const T& element) {
    if (size_ == chunks_.size() * kPerChunk) chunks_.push_back(std::make_unique<T[]>(kPerChunk));
    (*this)[size_++] = element;
  }
  // REQUIRES: size() > 0.
  void pop_back() {
    --size_;
    if (size_ + 2 * kPerChunk <= chunks_.size() * kPerChunk) chunks_.pop_back();
  }
  std::size_t bytes() const {
    return chunks_.size() * allocation_bytes(kPerChunk * sizeof(T)) +
           (chunks_.capacity() == 0 ? 0 : allocation_bytes(chunks_.capacity() * sizeof(chunks_[0])));
  }

 private:
  static constexpr std::size_t kChunkBytes = 4096;
  static constexpr std::size_t kPerChunk = kChunkBytes / sizeof(T);

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace larder

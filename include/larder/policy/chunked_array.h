// WHAT: an array that grows and shrinks at its end by pieces of fixed size. The tables of their addresses are in pieces
// too, so that no step copies more than a pointer for each half MiB. For what a policy keeps once for every item or for
// every few of them. The pieces are whole pages, so that what is given up returns to the system.
//
// INVARIANTS: chunks cover size() elements and at most one chunk more, so that a size that goes up and down over a
// border does not allocate each time.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

#include "larder/base/allocation.h"
#include "larder/base/check.h"
#include "larder/base/page_arena.h"

namespace larder {

template <class T>
class ChunkedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  std::size_t size() const { return size_; }
  T& operator[](std::size_t at) { return (*groups_[at / kPerGroup])[at / kPerChunk % kChunksPerGroup][at % kPerChunk]; }
  const T& operator[](std::size_t at) const {
    return (*groups_[at / kPerGroup])[at / kPerChunk % kChunksPerGroup][at % kPerChunk];
  }

  void push_back(const T& element) {
    if (size_ == chunks_ * kPerChunk) {
      if (chunks_ % kChunksPerGroup == 0) groups_.push_back(std::make_unique<Group>());
      (*groups_.back())[chunks_++ % kChunksPerGroup] = allocate_chunk();
    }
    (*this)[size_++] = element;
  }
  // REQUIRES: size() > 0.
  void pop_back() {
    --size_;
    if (size_ + 2 * kPerChunk > chunks_ * kPerChunk) return;
    (*groups_.back())[--chunks_ % kChunksPerGroup].reset();
    if (chunks_ % kChunksPerGroup == 0) groups_.pop_back();
  }
  std::size_t bytes() const {
    return chunks_ * kChunkBytes + groups_.size() * allocation_bytes(sizeof(Group)) +
           (groups_.capacity() == 0 ? 0 : allocation_bytes(groups_.capacity() * sizeof(groups_[0])));
  }

 private:
  static constexpr std::size_t kChunkBytes = kPageBytes;
  static constexpr std::size_t kPerChunk = kChunkBytes / sizeof(T);
  static constexpr std::size_t kChunksPerGroup = 128;
  static constexpr std::size_t kPerGroup = kChunksPerGroup * kPerChunk;
  struct FreePages {
    void operator()(T* chunk) const { PageArena::of_process().free(reinterpret_cast<char*>(chunk), kChunkBytes); }
  };
  using Chunk = std::unique_ptr<T[], FreePages>;
  using Group = std::array<Chunk, kChunksPerGroup>;

  static Chunk allocate_chunk() {
    char* const pages = PageArena::of_process().allocate(kChunkBytes);
    LARDER_CHECK(pages != nullptr);
    T* const elements = reinterpret_cast<T*>(pages);
    std::uninitialized_value_construct_n(elements, kPerChunk);
    return Chunk(elements);
  }

  std::vector<std::unique_ptr<Group>> groups_;
  std::size_t chunks_ = 0;
  std::size_t size_ = 0;
};

}  // namespace larder

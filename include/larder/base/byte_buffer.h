// Bytes that grow at the end, into which is written in place: a std::string would want them zeroed before, or copied
// from somewhere else. Single-threaded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "larder/base/check.h"

namespace larder {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept { *this = std::move(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {bytes_.get(), size_}; }
  char operator[](std::size_t at) const { return bytes_[at]; }

  // Space for at least so many bytes behind the last one; extend_to() makes those that were written there part of it.
  char* space(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]]
      grow(bytes);
    return bytes_.get() + size_;
  }
  // `end` is where the bytes written into space() end.
  void extend_to(const char* end) {
    size_ = static_cast<std::size_t>(end - bytes_.get());
    LARDER_DCHECK(size_ <= capacity_);
  }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(space(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(char byte) {
    *space(1) = byte;
    ++size_;
  }
  // REQUIRES: bytes <= size().
  void truncate(std::size_t bytes) {
    LARDER_DCHECK(bytes <= size_);
    size_ = bytes;
  }
  void erase_front(std::size_t bytes) {
    LARDER_DCHECK(bytes <= size_);
    size_ -= bytes;
    if (size_ > 0) std::memmove(bytes_.get(), bytes_.get() + bytes, size_);
  }
  // Keeps its memory.
  void clear() { size_ = 0; }
  void shrink_to_fit() {
    if (size_ < capacity_) reallocate(size_);
  }

 private:
  static constexpr std::size_t kBytesMin = 256;

  void grow(std::size_t bytes) { reallocate(std::max({size_ + bytes, 2 * capacity_, kBytesMin})); }
  void reallocate(std::size_t capacity) {
    auto moved = capacity == 0 ? nullptr : std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(moved.get(), bytes_.get(), size_);
    bytes_ = std::move(moved);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace larder

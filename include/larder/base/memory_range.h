// A contiguous piece of address space, reserved once and committed page by page as it is first written; pages that are
// no longer needed go back to the system and read as zeros again. One mapping a range, however much of it is released.
// Not thread-safe about one page; different pages may be used by different threads.
#pragma once

#include <cstddef>
#include <utility>

namespace larder {

inline constexpr std::size_t kPageBytes = 4096;

// What one user of address space takes of it when it does not know how much it will need: far more than there is
// memory, far less than a process may have. Sanitizers leave less.
#ifdef LARDER_SANITIZED
inline constexpr std::size_t kAddressSpaceBytes = std::size_t{1} << 37;
#else
inline constexpr std::size_t kAddressSpaceBytes = std::size_t{1} << 40;
#endif

constexpr std::size_t round_up_to_pages(std::size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

class MemoryRange {
 public:
  // Stops the process if the system refuses: that is a matter of limits set for it, not of memory.
  explicit MemoryRange(std::size_t bytes);
  // Whether there is so much to be had at this moment.
  static bool can_reserve(std::size_t bytes);
  ~MemoryRange();
  MemoryRange(MemoryRange&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MemoryRange& operator=(MemoryRange&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  char* data() const { return data_; }
  std::size_t size() const { return size_; }
  // Commits the pages of [offset, offset + bytes), which are about to be written to: together they cost a fraction of
  // what one page fault each does. Where the system cannot (before Linux 5.14), they are committed as they are written.
  void commit(std::size_t offset, std::size_t bytes) const;
  // Gives the pages that lie wholly in [offset, offset + bytes) back.
  void release(std::size_t offset, std::size_t bytes) const;

 private:
  char* data_ = nullptr;
  std::size_t size_;
};

}  // namespace larder

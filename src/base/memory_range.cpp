#include "larder/base/memory_range.h"

#include <sys/mman.h>

#include "larder/base/check.h"

namespace larder {

namespace {

void* reserve(std::size_t bytes) {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

}  // namespace

bool MemoryRange::can_reserve(std::size_t bytes) {
  void* const range = reserve(bytes);
  if (range == MAP_FAILED) return false;
  munmap(range, bytes);
  return true;
}

MemoryRange::MemoryRange(std::size_t bytes) : size_(round_up_to_pages(bytes)) {
  void* const range = reserve(size_);
  LARDER_CHECK(range != MAP_FAILED);
  data_ = static_cast<char*>(range);
  // A huge page would commit 512 pages for the first byte of one. Systems without huge pages refuse the advice.
  static_cast<void>(madvise(range, size_, MADV_NOHUGEPAGE));
}

MemoryRange::~MemoryRange() {
  if (data_ != nullptr) munmap(data_, size_);
}

void MemoryRange::commit(std::size_t offset, std::size_t bytes) const {
  LARDER_DCHECK(offset % kPageBytes == 0 && offset + bytes <= size_);
  static_cast<void>(madvise(data_ + offset, bytes, MADV_POPULATE_WRITE));
}

void MemoryRange::release(std::size_t offset, std::size_t bytes) const {
  LARDER_DCHECK(offset + bytes <= size_);
  const std::size_t begin = round_up_to_pages(offset);
  const std::size_t end = (offset + bytes) / kPageBytes * kPageBytes;
  if (begin < end) LARDER_CHECK(madvise(data_ + begin, end - begin, MADV_DONTNEED) == 0);
}

}  // namespace larder

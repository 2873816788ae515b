#include "larder/base/blob.h"

#include <cstdlib>
#include <new>

namespace larder {

namespace {

constexpr std::size_t kAllocatorGranule = 16;
constexpr std::size_t kAllocatorHeaderBytes = 16;
// glibc maps blocks from here on by themselves, in whole pages.
constexpr std::size_t kMapThresholdBytes = 128 * 1024;
constexpr std::size_t kPageBytes = 4096;

}  // namespace

std::size_t Blob::footprint_bytes(std::size_t size_bytes) {
  const std::size_t raw = sizeof(Blob) + size_bytes + kAllocatorHeaderBytes;
  const std::size_t granule = raw >= kMapThresholdBytes ? kPageBytes : kAllocatorGranule;
  return (raw + granule - 1) / granule * granule;
}

BlobRef Blob::allocate(std::size_t size_bytes) {
  void* block = std::malloc(sizeof(Blob) + size_bytes);
  if (block == nullptr) return {};
  return BlobRef::adopt(new (block) Blob(size_bytes));
}

void Blob::unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    this->~Blob();
    std::free(this);
  }
}

}  // namespace larder

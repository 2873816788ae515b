#include "larder/base/blob.h"

#include <cstdlib>
#include <new>

#include "larder/base/allocation.h"

namespace larder {

std::size_t Blob::footprint_bytes(std::size_t size_bytes) {
  return allocation_bytes(sizeof(Blob) + size_bytes);
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

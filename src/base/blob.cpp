#include "larder/base/blob.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "larder/base/allocation.h"
#include "larder/base/page_arena.h"

namespace larder {

namespace {

// Of fresh pages, half a millisecond or less.
constexpr std::size_t kPieceBytes = 512 * 1024;

// Even an empty value has a place.
std::size_t run_bytes(std::size_t size_bytes) {
  return std::max<std::size_t>(size_bytes, 1);
}

}  // namespace

std::size_t Blob::footprint_bytes(std::size_t size_bytes) {
  return round_up_to_pages(run_bytes(size_bytes)) + allocation_bytes(sizeof(Blob));
}

BlobRef Blob::allocate(std::size_t size_bytes) {
  std::size_t committed_bytes = 0;
  char* const run = PageArena::of_process().allocate(run_bytes(size_bytes), &committed_bytes);
  if (run == nullptr) return {};
  return BlobRef::adopt(new Blob(run, size_bytes, committed_bytes, {}));
}

void Blob::commit(std::size_t bytes) {
  commits_ = true;
  const std::size_t wanted = round_up_to_pages(bytes);
  if (wanted <= committed_bytes_) return;
  PageArena::of_process().commit(data_ + committed_bytes_, wanted - committed_bytes_);
  committed_bytes_ = wanted;
}

void Blob::write(std::size_t at, std::string_view bytes) {
  commit(at);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPieceBytes);
    commit(at + piece.size());
    std::memcpy(data_ + at, piece.data(), piece.size());
    at += piece.size();
    bytes.remove_prefix(piece.size());
  }
}

void Blob::write_zeroes(std::size_t at, std::size_t bytes) {
  commit(at);
  for (std::size_t piece = 0; bytes > 0; at += piece, bytes -= piece) {
    piece = std::min(bytes, kPieceBytes);
    commit(at + piece);
    std::memset(data_ + at, 0, piece);
  }
}

BlobRef Blob::alias(BlobRef memory) {
  char* const data = memory->data();
  const std::size_t size_bytes = memory->size();
  return BlobRef::adopt(new Blob(data, size_bytes, round_up_to_pages(size_bytes), std::move(memory)));
}

void Blob::unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (!memory_) {
    const std::size_t bytes = run_bytes(size_bytes_);
    PageArena::of_process().free(data_, bytes, commits_ ? committed_bytes_ : bytes);
  }
  const std::shared_ptr<BlobCharge> charge = std::move(charge_);
  const std::size_t bytes = footprint_bytes(size_bytes_);
  delete this;
  if (charge != nullptr) charge->give_back(bytes);
}

}  // namespace larder

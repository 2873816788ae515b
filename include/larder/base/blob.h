// A large value in a block of its own, shared by reference: a receive fills it, the store keeps it, replies send from
// it while others replace the key. The bytes do not change once it is shared. The count is atomic, so references may be
// dropped by any thread; the last one frees the block. Count and size are kept apart from the bytes, so that 64 KiB are
// exactly 16 pages. A store that lets go of a block which others still read leaves its charge on it: whoever counts the
// bytes is told when the last reference is gone.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace larder {

class Blob;

// Counts what blocks cost that are still read although they were given up.
class BlobCharge {
 public:
  virtual ~BlobCharge() = default;
  // Called once for each block, after it is freed, by the thread that dropped the last reference, whatever locks it
  // holds.
  virtual void give_back(std::size_t bytes) = 0;
};

class BlobRef {
 public:
  BlobRef() = default;
  BlobRef(const BlobRef& other) noexcept;
  BlobRef(BlobRef&& other) noexcept : blob_(std::exchange(other.blob_, nullptr)) {}
  BlobRef& operator=(BlobRef other) noexcept {
    std::swap(blob_, other.blob_);
    return *this;
  }
  ~BlobRef();

  explicit operator bool() const { return blob_ != nullptr; }
  Blob* get() const { return blob_; }
  Blob* operator->() const { return blob_; }
  // The reference, without the object: for a store that keeps raw pointers. Give it back through adopt().
  Blob* release() { return std::exchange(blob_, nullptr); }
  static BlobRef adopt(Blob* blob) {
    BlobRef ref;
    ref.blob_ = blob;
    return ref;
  }
  static BlobRef share(Blob* blob);

 private:
  Blob* blob_ = nullptr;
};

class Blob {
 public:
  // Uninitialised bytes. An empty BlobRef if the system has no memory.
  static BlobRef allocate(std::size_t size_bytes);
  // A block with the bytes of `memory` and a count of its own: for whoever keeps one value under many names. The bytes
  // are freed with the last block that has them. REQUIRES: memory is not empty.
  static BlobRef alias(BlobRef memory);

  // The first `bytes` are about to be filled: commits, all at once, what of them is no memory yet. Only for whoever
  // fills the block, in order, and then before everything that is written to it.
  void commit(std::size_t bytes);
  // commit() and copy, in pieces: other threads that want fresh pages wait for one of them at most.
  void write(std::size_t at, std::string_view bytes);
  void write_zeroes(std::size_t at, std::size_t bytes);
  // How many of its first bytes are memory already, as far as is known.
  std::size_t committed_bytes() const { return committed_bytes_; }

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_bytes_; }
  std::string_view view() const { return {data_, size_bytes_}; }
  // Whether there are other references than the caller's. A caller that holds the only one and lends it to nobody may
  // rely on it.
  bool is_shared() const { return references_.load(std::memory_order_acquire) != 1; }
  // `charge` is told of footprint_bytes(size()) once the block is freed. REQUIRES: it has no charge yet; the caller
  // holds a reference and is alone in giving the block up.
  void leave_charge(std::shared_ptr<BlobCharge> charge) { charge_ = std::move(charge); }
  // What the block costs: its pages and the record of it.
  static std::size_t footprint_bytes(std::size_t size_bytes);

 private:
  friend class BlobRef;
  Blob(char* data, std::size_t size_bytes, std::size_t committed_bytes, BlobRef memory)
      : data_(data), size_bytes_(size_bytes), committed_bytes_(committed_bytes), memory_(std::move(memory)) {}
  void unref();

  char* const data_;
  const std::size_t size_bytes_;
  std::size_t committed_bytes_;  // whole pages, as far as is known
  bool commits_ = false;         // what is more than that was never written to
  BlobRef memory_;               // whose bytes they are, if they are not this block's own
  std::atomic<std::size_t> references_{1};
  std::shared_ptr<BlobCharge> charge_;
};

inline BlobRef::BlobRef(const BlobRef& other) noexcept : blob_(other.blob_) {
  if (blob_ != nullptr) blob_->references_.fetch_add(1, std::memory_order_relaxed);
}

inline BlobRef::~BlobRef() {
  if (blob_ != nullptr) blob_->unref();
}

inline BlobRef BlobRef::share(Blob* blob) {
  if (blob != nullptr) blob->references_.fetch_add(1, std::memory_order_relaxed);
  return adopt(blob);
}

}  // namespace larder

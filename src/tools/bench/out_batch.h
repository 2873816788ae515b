// Bytes on their way to a socket. Small pieces are copied in; large ones are only named, and go out from where they lie
// by gather write. What the socket does not take stays for the next send(). One thread at a time.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace larder::bench {

class OutBatch {
 public:
  enum class Sent { kAll, kPart, kFailed };

  // Not yet sent, bytes of both kinds.
  std::size_t bytes() const { return used_ + outside_bytes_ - sent_; }
  bool empty() const { return bytes() == 0; }

  // `size` more bytes, for the caller to write at once. REQUIRES (as for all that adds): nothing is partly sent.
  char* extend(std::size_t size) {
    if (capacity_ - used_ < size) grow(size);
    char* const place = buffer_.get() + used_;
    used_ += size;
    return place;
  }
  void append(std::string_view bytes) { std::memcpy(extend(bytes.size()), bytes.data(), bytes.size()); }
  // `bytes` must stay as they are until they are sent.
  void append_outside(std::string_view bytes) {
    outside_.push_back({used_, bytes});
    outside_bytes_ += bytes.size();
  }

  // kAll: it is empty again.
  Sent send(int fd);

 private:
  struct Outside {
    std::size_t at = 0;  // behind so many bytes of the buffer
    std::string_view bytes;
  };

  void grow(std::size_t size);
  void cut_pieces();
  void clear();

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::vector<Outside> outside_;
  std::size_t outside_bytes_ = 0;
  // While it is sent: all of it in order, and how far that is.
  std::vector<std::string_view> pieces_;
  std::size_t next_piece_ = 0;
  std::size_t sent_ = 0;
  std::vector<iovec> scratch_;
};

}  // namespace larder::bench

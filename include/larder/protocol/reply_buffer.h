// Output waiting to be sent: bytes, and between them references to blobs that are sent from where they lie (gather
// write), never copied. Single-threaded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/blob.h"
#include "larder/base/byte_buffer.h"

namespace larder {

class ReplyBuffer {
 public:
  void append(std::string_view bytes) { bytes_.append(bytes); }
  void append(char byte) { bytes_.append(byte); }
  // Space for so many bytes at the end; `end` in append_to() is where those end that were written there.
  char* space(std::size_t bytes) { return bytes_.space(bytes); }
  void append_to(const char* end) { bytes_.extend_to(end); }
  // `part` lies inside the blob; a reference is held until it is sent.
  void append_blob(BlobRef blob, std::string_view part);

  // Bytes to be sent, blobs included.
  std::size_t size() const { return bytes_.size() - bytes_sent_ + blob_bytes_; }
  bool holds_blobs() const { return blobs_sent_ < blobs_.size(); }
  bool empty() const { return size() == 0; }

  // A position to go back to: truncate() drops everything appended since. REQUIRES: nothing was sent in between.
  struct Mark {
    std::size_t bytes;
    std::size_t blobs;
    std::size_t blob_bytes;
  };
  Mark mark() const { return {bytes_.size(), blobs_.size(), blob_bytes_}; }
  void truncate(const Mark& mark);
  // True if the bytes appended since the mark begin with `byte` (a '-' is an error reply).
  bool begins_with(const Mark& mark, char byte) const {
    return bytes_.size() > mark.bytes && bytes_[mark.bytes] == byte;
  }
  // The bytes appended since the mark, blobs not included.
  std::string_view bytes_since(const Mark& mark) const { return bytes_.view().substr(mark.bytes); }

  // Replaces `pieces` by what to send next, in order, at most `pieces_max` and `bytes_max`. Valid until the next
  // change.
  void gather(std::size_t pieces_max, std::size_t bytes_max, std::vector<std::string_view>& pieces) const;
  // `bytes` of what gather() gave were sent. Frees what is behind.
  void sent(std::size_t bytes);
  // Moves all of `other` to the end of this.
  void take(ReplyBuffer& other);
  void clear();
  // Gives memory back if more than `bytes` are held without need.
  void shrink(std::size_t bytes);
  // All bytes, blobs included, in one string. For tests and small replies.
  std::string flatten() const;

 private:
  struct BlobPart {
    std::size_t at;  // position in bytes_ before which the part is sent
    BlobRef blob;
    std::string_view part;
  };
  void drop_sent();

  ByteBuffer bytes_;
  std::size_t bytes_sent_ = 0;   // a prefix of bytes_, cut off when it is worth the move
  std::vector<BlobPart> blobs_;  // what is sent of a part is cut off it at once
  std::size_t blobs_sent_ = 0;   // a prefix of blobs_, their references dropped
  std::size_t blob_bytes_ = 0;   // unsent
};

}  // namespace larder

#include "larder/protocol/reply_buffer.h"

#include <algorithm>
#include <utility>

#include "larder/base/check.h"

namespace larder {

namespace {

// Sent bytes are cut off when there are so many of them and they are at least half: each byte moves at most once.
constexpr std::size_t kDropBytesMin = 64 * 1024;
constexpr std::size_t kDropBlobsMin = 64;

}  // namespace

void ReplyBuffer::append_blob(BlobRef blob, std::string_view part) {
  LARDER_DCHECK(blob && part.data() >= blob->data() && part.data() + part.size() <= blob->data() + blob->size());
  if (part.empty()) return;
  blob_bytes_ += part.size();
  blobs_.push_back({bytes_.size(), std::move(blob), part});
}

void ReplyBuffer::truncate(const Mark& mark) {
  LARDER_CHECK(mark.bytes <= bytes_.size() && mark.bytes >= bytes_sent_ && mark.blobs <= blobs_.size());
  bytes_.truncate(mark.bytes);
  blobs_.erase(blobs_.begin() + static_cast<std::ptrdiff_t>(mark.blobs), blobs_.end());
  blob_bytes_ = mark.blob_bytes;
}

void ReplyBuffer::gather(std::size_t pieces_max, std::size_t bytes_max, std::vector<std::string_view>& pieces) const {
  pieces.clear();
  const auto add = [&](std::string_view piece) {
    piece = piece.substr(0, bytes_max);
    if (piece.empty() || pieces.size() == pieces_max) return;
    pieces.push_back(piece);
    bytes_max -= piece.size();
  };
  const std::string_view bytes = bytes_.view();
  std::size_t at = bytes_sent_;
  for (std::size_t i = blobs_sent_; i < blobs_.size() && pieces.size() < pieces_max && bytes_max > 0; ++i) {
    add(bytes.substr(at, blobs_[i].at - at));
    add(blobs_[i].part);
    at = blobs_[i].at;
  }
  add(bytes.substr(at));
}

void ReplyBuffer::sent(std::size_t bytes) {
  LARDER_DCHECK(bytes <= size());
  while (bytes > 0) {
    const bool blob_waits = blobs_sent_ < blobs_.size();
    const std::size_t bytes_end = blob_waits ? blobs_[blobs_sent_].at : bytes_.size();
    const std::size_t from_bytes = std::min(bytes, bytes_end - bytes_sent_);
    bytes_sent_ += from_bytes;
    bytes -= from_bytes;
    if (!blob_waits || bytes_sent_ < bytes_end) break;

    BlobPart& next = blobs_[blobs_sent_];
    const std::size_t from_blob = std::min(bytes, next.part.size());
    next.part.remove_prefix(from_blob);
    blob_bytes_ -= from_blob;
    bytes -= from_blob;
    if (!next.part.empty()) break;
    next.blob = {};
    ++blobs_sent_;
  }
  drop_sent();
}

void ReplyBuffer::drop_sent() {
  if (bytes_sent_ == bytes_.size() && blobs_sent_ == blobs_.size()) {
    clear();
    return;
  }
  if (blobs_sent_ >= kDropBlobsMin && blobs_sent_ * 2 >= blobs_.size()) {
    blobs_.erase(blobs_.begin(), blobs_.begin() + static_cast<std::ptrdiff_t>(blobs_sent_));
    blobs_sent_ = 0;
  }
  if (bytes_sent_ >= kDropBytesMin && bytes_sent_ * 2 >= bytes_.size()) {
    bytes_.erase_front(bytes_sent_);
    for (std::size_t i = blobs_sent_; i < blobs_.size(); ++i) blobs_[i].at -= bytes_sent_;
    bytes_sent_ = 0;
  }
}

void ReplyBuffer::take(ReplyBuffer& other) {
  if (empty()) {
    clear();
    std::swap(*this, other);
    return;
  }
  const std::size_t shift = bytes_.size() - other.bytes_sent_;
  bytes_.append(other.bytes_.view().substr(other.bytes_sent_));
  for (std::size_t i = other.blobs_sent_; i < other.blobs_.size(); ++i) {
    BlobPart& part = other.blobs_[i];
    blobs_.push_back({part.at + shift, std::move(part.blob), part.part});
  }
  blob_bytes_ += other.blob_bytes_;
  other.clear();
}

void ReplyBuffer::clear() {
  bytes_.clear();
  blobs_.clear();
  bytes_sent_ = 0;
  blobs_sent_ = 0;
  blob_bytes_ = 0;
}

void ReplyBuffer::shrink(std::size_t bytes) {
  if (bytes_.capacity() - bytes_.size() > bytes) bytes_.shrink_to_fit();
  if ((blobs_.capacity() - blobs_.size()) * sizeof(BlobPart) > bytes) blobs_.shrink_to_fit();
}

std::string ReplyBuffer::flatten() const {
  std::string all;
  all.reserve(size());
  std::vector<std::string_view> pieces;
  gather(bytes_.size() + 2 * blobs_.size() + 1, size(), pieces);
  for (const std::string_view piece : pieces) all.append(piece);
  return all;
}

}  // namespace larder

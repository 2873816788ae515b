#include "tools/bench/out_batch.h"

#include <algorithm>
#include <span>

#include "net/socket_ops.h"

namespace larder::bench {

namespace {

constexpr std::size_t kBytesAtFirst = 16 * 1024;
// The kernel's limit of a gather write.
constexpr std::size_t kPiecesMax = 1024;

}  // namespace

void OutBatch::grow(std::size_t size) {
  const std::size_t capacity = std::max({kBytesAtFirst, capacity_ * 2, used_ + size});
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (used_ > 0) std::memcpy(larger.get(), buffer_.get(), used_);
  buffer_ = std::move(larger);
  capacity_ = capacity;
}

void OutBatch::cut_pieces() {
  std::size_t from = 0;
  for (const Outside& outside : outside_) {
    if (outside.at > from) pieces_.emplace_back(buffer_.get() + from, outside.at - from);
    if (!outside.bytes.empty()) pieces_.push_back(outside.bytes);
    from = outside.at;
  }
  if (used_ > from) pieces_.emplace_back(buffer_.get() + from, used_ - from);
}

OutBatch::Sent OutBatch::send(int fd) {
  if (pieces_.empty()) cut_pieces();
  while (next_piece_ < pieces_.size()) {
    const std::size_t count = std::min(pieces_.size() - next_piece_, kPiecesMax);
    const net::Transfer transfer = net::send_some(fd, std::span(pieces_).subspan(next_piece_, count), scratch_);
    if (transfer.outcome == net::Transfer::Outcome::kWouldBlock) return Sent::kPart;
    if (transfer.outcome != net::Transfer::Outcome::kMoved) return Sent::kFailed;
    sent_ += transfer.bytes;
    std::size_t moved = transfer.bytes;
    while (moved > 0) {
      std::string_view& piece = pieces_[next_piece_];
      const std::size_t part = std::min(moved, piece.size());
      piece.remove_prefix(part);
      moved -= part;
      if (piece.empty()) ++next_piece_;
    }
  }
  clear();
  return Sent::kAll;
}

void OutBatch::clear() {
  used_ = 0;
  outside_.clear();
  outside_bytes_ = 0;
  pieces_.clear();
  next_piece_ = 0;
  sent_ = 0;
}

}  // namespace larder::bench

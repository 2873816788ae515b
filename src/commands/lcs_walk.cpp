#include "commands/lcs_walk.h"

#include <algorithm>
#include <utility>

namespace larder {

LcsWalk::LcsWalk(std::string_view a, std::string_view b, bool wants_matches)
    : a_(a),
      b_(b),
      wants_matches_(wants_matches),
      along_b_(b.size() <= a.size()),
      width_(std::min(a.size(), b.size())),
      lines_(width_ == 0 ? 0 : std::max(a.size(), b.size())),
      before_(width_ + 1),
      here_(width_ + 1),
      a_left_(a.size()),
      b_left_(b.size()) {}

bool LcsWalk::step(std::size_t cells_max) {
  std::size_t cells = 0;
  for (; line_ < lines_; ++line_, cells += width_ + 1) {
    if (cells >= cells_max) return false;
    along_b_ ? fill_line<true>() : fill_line<false>();
  }
  if (!wants_matches_) return true;
  for (; a_left_ > 0 && b_left_ > 0; ++cells) {
    if (cells >= cells_max) return false;
    step_back();
  }
  return true;
}

template <bool kAlongB>
void LcsWalk::fill_line() {
  const std::string_view along = kAlongB ? b_ : a_;
  const char byte = (kAlongB ? a_ : b_)[line_];
  const std::size_t first_cell = line_ * width_;
  if (wants_matches_) {
    while (chunks_.size() * kChunkCells < first_cell + width_) {
      chunks_.push_back(std::make_unique<std::uint64_t[]>(kChunkCells / kWordCells));
    }
  }
  for (std::size_t at = 0; at < width_; ++at) {
    if (along[at] == byte) {
      here_[at + 1] = before_[at] + 1;
      continue;
    }
    // Of one value without this byte, and of the other.
    const std::uint32_t without_line = before_[at + 1];
    const std::uint32_t without_along = here_[at];
    here_[at + 1] = std::max(without_line, without_along);
    const bool shortens = kAlongB ? without_line > without_along : without_along > without_line;
    if (shortens && wants_matches_) set_bit(first_cell + at);
  }
  std::swap(before_, here_);
}

bool LcsWalk::shortens_a(std::size_t a_bytes, std::size_t b_bytes) const {
  const std::size_t cell = along_b_ ? (a_bytes - 1) * width_ + b_bytes - 1 : (b_bytes - 1) * width_ + a_bytes - 1;
  return (chunks_[cell / kChunkCells][cell % kChunkCells / kWordCells] >> cell % kWordCells & 1) != 0;
}

void LcsWalk::step_back() {
  if (a_[a_left_ - 1] == b_[b_left_ - 1]) {
    if (!goes_on_) matches_.push_back({a_left_, b_left_, 0});
    goes_on_ = true;
    matches_.back().a = --a_left_;
    matches_.back().b = --b_left_;
    ++matches_.back().length;
    return;
  }
  goes_on_ = false;
  shortens_a(a_left_, b_left_) ? --a_left_ : --b_left_;
}

}  // namespace larder

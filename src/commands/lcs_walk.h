// WHAT: the longest common subsequence of two values, by dynamic programming, a slice at a time. Which of several it
// is, and how its parts are told, is Redis's: the way back begins at the ends and prefers to shorten the second value.
//
// STRUCTURE: the table of lengths is filled line by line along the shorter value, of which two lines are needed at a
// time. Of each cell one bit is kept to find the way back: whether the first value without its last byte has a longer
// subsequence in common than the second has. The bits lie in chunks that are made as the lines come to them.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace larder {

class LcsWalk {
 public:
  // Bytes that both values have in a row: [a, a + length) of the first and [b, b + length) of the second.
  struct Match {
    std::size_t a = 0;
    std::size_t b = 0;
    std::size_t length = 0;
  };

  // The values must outlive it. Without matches only the length is found.
  LcsWalk(std::string_view a, std::string_view b, bool wants_matches);

  // Goes on for about so many cells: some two nanoseconds each. True: it is done.
  bool step(std::size_t cells_max);
  // REQUIRES, for both: it is done.
  std::uint32_t length() const { return before_[width_]; }
  // From the last to the first.
  const std::vector<Match>& matches() const { return matches_; }

  // What the bits take once all are there.
  std::size_t table_bytes() const { return wants_matches_ ? lines_ * width_ / 8 + kChunkCells / 8 : 0; }

 private:
  static constexpr std::size_t kChunkCells = std::size_t{1} << 20;
  static constexpr std::size_t kWordCells = 64;

  template <bool kAlongB>
  void fill_line();
  void step_back();
  void set_bit(std::size_t cell) {
    chunks_[cell / kChunkCells][cell % kChunkCells / kWordCells] |= std::uint64_t{1} << cell % kWordCells;
  }
  // At the cell of the last bytes of so many of both.
  bool shortens_a(std::size_t a_bytes, std::size_t b_bytes) const;

  const std::string_view a_;
  const std::string_view b_;
  const bool wants_matches_;
  const bool along_b_;  // it is the shorter one
  const std::size_t width_;
  const std::size_t lines_;
  std::size_t line_ = 0;
  std::vector<std::uint32_t> before_;
  std::vector<std::uint32_t> here_;
  std::vector<std::unique_ptr<std::uint64_t[]>> chunks_;

  // The way back: so much is left of the values.
  std::size_t a_left_;
  std::size_t b_left_;
  bool goes_on_ = false;  // the last match
  std::vector<Match> matches_;
};

}  // namespace larder

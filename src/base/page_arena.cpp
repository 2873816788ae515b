#include "larder/base/page_arena.h"

#include <bit>

#include "larder/base/check.h"

namespace larder {

namespace {

constexpr unsigned kStepsPerDoubling = 4;

}  // namespace

PageArena& PageArena::of_process() {
  // Never destroyed: a blob may be dropped while static objects go.
  static PageArena* const arena = new PageArena(kAddressSpaceBytes);
  return *arena;
}

// Classes 0..3 are 1 to 4 pages; then each doubling 2^n..2^(n+1) has four: 5/4, 6/4, 7/4 and 8/4 of 2^n.
unsigned PageArena::class_of(std::size_t pages) {
  if (pages <= kStepsPerDoubling) return static_cast<unsigned>(pages) - 1;
  const auto doubling = static_cast<unsigned>(std::bit_width(pages - 1)) - 1;  // 2^doubling < pages
  const std::size_t step = (std::size_t{1} << doubling) / kStepsPerDoubling;
  const std::size_t above = (pages - (std::size_t{1} << doubling) + step - 1) / step;  // 1..4
  return (doubling - 2) * kStepsPerDoubling + static_cast<unsigned>(above) + 3;
}

std::size_t PageArena::class_pages(unsigned size_class) {
  if (size_class < kStepsPerDoubling) return size_class + 1;
  const unsigned doubling = (size_class - kStepsPerDoubling) / kStepsPerDoubling + 2;
  const unsigned above = (size_class - kStepsPerDoubling) % kStepsPerDoubling + 1;
  return (std::size_t{1} << doubling) / kStepsPerDoubling * (kStepsPerDoubling + above);
}

char* PageArena::allocate(std::size_t bytes) {
  LARDER_DCHECK(bytes > 0);
  const std::size_t wanted = round_up_to_pages(bytes);
  const unsigned number = class_of(wanted / kPageBytes);
  LARDER_CHECK(number < kClasses);
  LockGuard lock(mutex_);
  SizeClass& size_class = classes_[number];
  if (!size_class.warm.empty()) {
    const WarmRun run = size_class.warm.back();
    size_class.warm.pop_back();
    warm_bytes_ -= run.bytes;
    // What is committed beyond the new run would be nobody's.
    if (run.bytes > wanted) range_.release(run.offset + wanted, run.bytes - wanted);
    return range_.data() + run.offset;
  }
  if (!size_class.cold.empty()) {
    const std::size_t offset = size_class.cold.back();
    size_class.cold.pop_back();
    return range_.data() + offset;
  }
  const std::size_t piece = class_pages(number) * kPageBytes;
  if (piece > range_.size() - cut_bytes_) return nullptr;
  cut_bytes_ += piece;
  ++size_class.pieces;
  return range_.data() + cut_bytes_ - piece;
}

void PageArena::free(char* run, std::size_t bytes) {
  const std::size_t pages = round_up_to_pages(bytes);
  LockGuard lock(mutex_);
  SizeClass& size_class = classes_[class_of(pages / kPageBytes)];
  const WarmRun freed{static_cast<std::size_t>(run - range_.data()), pages, round_};
  if (warm_bytes_ + pages > warm_bytes_max_) {
    cool(size_class, freed);
    return;
  }
  warm_bytes_ += pages;
  size_class.warm.push_back(freed);
}

void PageArena::cool(SizeClass& size_class, const WarmRun& run) {
  range_.release(run.offset, run.bytes);
  size_class.cold.push_back(run.offset);
}

void PageArena::set_warm_bytes_max(std::size_t bytes) {
  LockGuard lock(mutex_);
  warm_bytes_max_ = bytes;
}

void PageArena::trim() {
  LockGuard lock(mutex_);
  ++round_;
  for (SizeClass& size_class : classes_) {
    std::size_t old = 0;
    while (old < size_class.warm.size() && size_class.warm[old].round + 1 < round_) {
      warm_bytes_ -= size_class.warm[old].bytes;
      cool(size_class, size_class.warm[old]);
      ++old;
    }
    size_class.warm.erase(size_class.warm.begin(), size_class.warm.begin() + static_cast<std::ptrdiff_t>(old));
  }
}

std::size_t PageArena::warm_bytes() {
  LockGuard lock(mutex_);
  return warm_bytes_;
}

void PageArena::check_invariants() {
  LockGuard lock(mutex_);
  std::size_t warm = 0;
  std::size_t cut = 0;
  for (unsigned number = 0; number < kClasses; ++number) {
    const SizeClass& size_class = classes_[number];
    LARDER_CHECK(class_of(class_pages(number)) == number);
    LARDER_CHECK(size_class.warm.size() + size_class.cold.size() <= size_class.pieces);
    for (const WarmRun& run : size_class.warm) {
      warm += run.bytes;
      LARDER_CHECK(run.bytes <= class_pages(number) * kPageBytes && run.offset + run.bytes <= cut_bytes_);
    }
    cut += size_class.pieces * class_pages(number) * kPageBytes;
  }
  LARDER_CHECK(warm == warm_bytes_ && cut == cut_bytes_);
}

}  // namespace larder

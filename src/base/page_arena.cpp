#include "larder/base/page_arena.h"

#include <algorithm>
#include <bit>

#include "larder/base/check.h"
#include "larder/base/poison.h"

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

PageArena::~PageArena() {
  LockGuard lock(mutex_);
  unpoison(range_.data(), cut_bytes_);
}

char* PageArena::allocate(std::size_t bytes, std::size_t* committed_bytes) {
  LARDER_DCHECK(bytes > 0);
  const std::size_t wanted = round_up_to_pages(bytes);
  std::size_t committed = 0;
  char* const run = take_run(wanted, committed);
  if (run == nullptr) return nullptr;
  poison(run, wanted);
  unpoison(run, bytes);
  if (committed_bytes != nullptr) *committed_bytes = committed;
  return run;
}

void PageArena::commit(char* at, std::size_t bytes) {
  range_.commit(static_cast<std::size_t>(at - range_.data()), bytes);
}

char* PageArena::take_run(std::size_t wanted, std::size_t& committed) {
  const unsigned number = class_of(wanted / kPageBytes);
  LARDER_CHECK(number < kClasses);
  WarmRun run{};
  {
    LockGuard lock(mutex_);
    SizeClass& size_class = classes_[number];
    if (!size_class.warm.empty()) {
      run = size_class.warm.back();
      size_class.warm.pop_back();
      change_warm_bytes(0, run.bytes);
    } else if (!size_class.cold.empty()) {
      run.offset = size_class.cold.back();
      size_class.cold.pop_back();
    } else {
      const std::size_t piece = class_pages(number) * kPageBytes;
      if (piece > range_.size() - cut_bytes_) return nullptr;
      run.offset = cut_bytes_;
      cut_bytes_ += piece;
      ++size_class.pieces;
    }
  }
  // What is committed beyond the new run would be nobody's; what it will commit, others give back first.
  if (run.bytes > wanted) range_.release(run.offset + wanted, run.bytes - wanted);
  if (run.bytes < wanted && has_excess()) release_excess(wanted - run.bytes);
  committed = std::min(run.bytes, wanted);
  return range_.data() + run.offset;
}

void PageArena::free(char* run, std::size_t bytes, std::size_t committed_bytes) {
  const std::size_t pages = round_up_to_pages(bytes);
  const std::size_t warm = std::min(pages, round_up_to_pages(committed_bytes));
  const unsigned number = class_of(pages / kPageBytes);
  const auto offset = static_cast<std::size_t>(run - range_.data());
  poison(run, pages);
  LockGuard lock(mutex_);
  if (warm == 0) {
    classes_[number].cold.push_back(offset);
  } else {
    classes_[number].warm.push_back({offset, warm, round_, number});
    change_warm_bytes(warm, 0);
  }
}

void PageArena::change_warm_bytes(std::size_t more, std::size_t less) {
  warm_bytes_ += more;
  warm_bytes_ -= less;
  has_excess_.store(warm_bytes_ > warm_bytes_max_, std::memory_order_relaxed);
}

void PageArena::set_warm_bytes_max(std::size_t bytes) {
  LockGuard lock(mutex_);
  warm_bytes_max_ = bytes;
  change_warm_bytes(0, 0);
}

PageArena::WarmRun PageArena::take_first(SizeClass& size_class) {
  const WarmRun run = size_class.warm.front();
  size_class.warm.pop_front();
  change_warm_bytes(0, run.bytes);
  return run;
}

void PageArena::release_tail(WarmRun run, std::size_t bytes) {
  run.bytes -= bytes;
  range_.release(run.offset + run.bytes, bytes);
  LockGuard lock(mutex_);
  SizeClass& size_class = classes_[run.size_class];
  if (run.bytes == 0) {
    size_class.cold.push_back(run.offset);
  } else {
    size_class.warm.push_front(run);
    change_warm_bytes(run.bytes, 0);
  }
}

std::optional<PageArena::WarmRun> PageArena::take_excess() {
  LockGuard lock(mutex_);
  if (warm_bytes_ <= warm_bytes_max_) return {};
  for (unsigned number = kClasses; number-- > 0;) {
    if (!classes_[number].warm.empty()) return take_first(classes_[number]);
  }
  return {};
}

void PageArena::release_excess(std::size_t bytes_max) {
  for (std::size_t left = round_up_to_pages(bytes_max); left > 0;) {
    const std::optional<WarmRun> run = take_excess();
    if (!run) return;
    const std::size_t bytes = std::min(run->bytes, left);
    release_tail(*run, bytes);
    left -= bytes;
  }
}

std::optional<PageArena::WarmRun> PageArena::take_before(std::uint64_t round) {
  LockGuard lock(mutex_);
  for (SizeClass& size_class : classes_) {
    if (!size_class.warm.empty() && size_class.warm.front().round < round) return take_first(size_class);
  }
  return {};
}

std::uint64_t PageArena::begin_round() {
  LockGuard lock(mutex_);
  return ++round_;
}

void PageArena::release_before(std::uint64_t round) {
  while (const std::optional<WarmRun> run = take_before(round)) release_tail(*run, run->bytes);
}

void PageArena::trim() {
  release_before(begin_round() - 1);
}

void PageArena::release_warm() {
  release_before(begin_round());
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

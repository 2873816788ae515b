#include "larder/store/segment_log.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "larder/base/poison.h"

namespace larder {

SegmentLog::SegmentLog(std::size_t segment_bytes, std::size_t range_bytes)
    : segment_bits_(std::countr_zero(segment_bytes)),
      range_(std::make_shared<const MemoryRange>(range_bytes)),
      base_(range_->data()),
      segments_(1) {
  LARDER_CHECK(std::has_single_bit(segment_bytes));
  LARDER_CHECK(segment_bytes >= kSegmentBytesMin && segment_bytes <= kSegmentBytesMax);
  LARDER_CHECK(range_bytes >= 2 * segment_bytes && range_bytes <= kRangeBytesMax);
}

SegmentLog::~SegmentLog() {
  unpoison(base(), begin_of(segments_end()));
}

// --- Segments ---

SegmentLog::SegmentNumber SegmentLog::take_free() {
  for (std::vector<SegmentNumber>* free : {&warm_, &cold_}) {
    if (free->empty()) continue;
    const SegmentNumber number = free->back();
    free->pop_back();
    return number;
  }
  if (begin_of(segments_end()) + segment_bytes() > range_->size()) return kNoSegment;
  segments_.emplace_back();
  return segments_end() - 1;
}

SegmentLog::SegmentNumber SegmentLog::begin_segment(StreamId stream_id, SegmentNumber successor) {
  const SegmentNumber number = take_free();
  if (number == kNoSegment) return kNoSegment;
  Stream& stream = streams_[stream_id];
  const SegmentNumber older = successor == kNoSegment ? stream.newest : segments_[successor].older;
  segments_[number] = {.state = State::kOpen,
                       .stream = stream_id,
                       .committed = segments_[number].committed,
                       .older = older,
                       .newer = successor,
                       .sequence = next_sequence_++};
  (older == kNoSegment ? stream.oldest : segments_[older].newer) = number;
  (successor == kNoSegment ? stream.newest : segments_[successor].older) = number;
  ++in_use_;
  poison(base() + begin_of(number), segment_bytes());
  return number;
}

SegmentLog::SegmentNumber SegmentLog::begin_before(SegmentNumber successor) {
  return begun_before_ = begin_segment(segments_[successor].stream, successor);
}

void SegmentLog::seal(SegmentNumber number) {
  Segment& segment = segments_[number];
  LARDER_DCHECK(segment.state == State::kOpen);
  segment.state = State::kSealed;
  if (streams_[segment.stream].open == number) streams_[segment.stream].open = kNoSegment;
  ++sealed_;
  sealed_live_bytes_ += segment.live_bytes;
  if (segment.live_items == 0) free_segment(number);
}

std::uint64_t SegmentLog::seal_all_open() {
  for (Stream& stream : streams_) {
    if (stream.open != kNoSegment) seal(stream.open);
  }
  return next_sequence_;
}

void SegmentLog::set_all_aside() {
  seal_all_open();
  for (std::size_t id = 0; id < streams_.size(); ++id) {
    Stream& aside = aside_[id];
    Stream& stream = streams_[id];
    if (stream.oldest != kNoSegment) {
      segments_[stream.oldest].older = aside.newest;
      (aside.newest == kNoSegment ? aside.oldest : segments_[aside.newest].newer) = stream.oldest;
      aside.newest = stream.newest;
    }
    aside.items += stream.items;
    aside.total_bytes += stream.total_bytes;
    stream = {};
  }
  aside_sequence_ = next_sequence_;
  aside_items_ = live_items_;
}

// REQUIRES: sealed, without live records.
void SegmentLog::free_segment(SegmentNumber number) {
  Segment& segment = segments_[number];
  Stream& stream = stream_of(segment);
  (segment.older == kNoSegment ? stream.oldest : segments_[segment.older].newer) = segment.newer;
  (segment.newer == kNoSegment ? stream.newest : segments_[segment.newer].older) = segment.older;
  --in_use_;
  --sealed_;
  segment = {.committed = segment.committed};
  poison(base() + begin_of(number), segment_bytes());
  if (warm_.size() >= kWarmSegmentsMax) wants_page_work_ = true;
  if (warm_.size() < kWaitingSegmentsMax || number == in_work_) {
    warm_.push_back(number);
  } else {
    release_pages(number);
    cold_.push_back(number);
  }
}

void SegmentLog::discard(SegmentNumber number) const {
  poison(base() + begin_of(number), segment_bytes());
  range_->release(begin_of(number), segment_bytes());
}

void SegmentLog::release_warm() {
  std::erase_if(warm_, [this](SegmentNumber number) {
    if (number == in_work_) return false;
    release_pages(number);
    cold_.push_back(number);
    return true;
  });
}

// --- Pages ---

void SegmentLog::set_committed(SegmentNumber number, std::size_t bytes) {
  Segment& segment = segments_[number];
  committed_bytes_ += bytes;
  committed_bytes_ -= segment.committed;
  segment.committed = static_cast<std::uint32_t>(bytes);
}

void SegmentLog::release_pages(SegmentNumber number) {
  range_->release(begin_of(number), segments_[number].committed);
  set_committed(number, 0);
}

// What is about to be appended to, where nobody has committed it ahead.
void SegmentLog::commit_now(SegmentNumber number, std::size_t used) {
  const std::size_t committed = segments_[number].committed;
  const std::size_t wanted = round_up_to_pieces(used);
  range_->commit(begin_of(number) + committed, wanted - committed);
  set_committed(number, wanted);
}

void SegmentLog::look_after_pages(SegmentNumber number) {
  Segment& segment = segments_[number];
  if (segment.used > segment.committed) commit_now(number, segment.used);
  if (segment.committed < segment_bytes()) {
    wants_page_work_ = true;
  } else if (!std::exchange(segment.wanted_spare, true)) {
    wants_page_work_ = wants_page_work_ || wants_spare();
  }
}

std::size_t SegmentLog::wanted_bytes(SegmentNumber number) const {
  return std::min(segment_bytes(), round_up_to_pieces(segments_[number].used) + kPiecesAhead * piece_bytes());
}

SegmentLog::SegmentNumber SegmentLog::short_of_pages() const {
  const auto is_short = [this](SegmentNumber number) {
    return number != kNoSegment && segments_[number].state == State::kOpen &&
           segments_[number].committed < wanted_bytes(number);
  };
  if (is_short(begun_before_)) return begun_before_;
  for (const Stream& stream : streams_) {
    if (is_short(stream.open)) return stream.open;
  }
  return kNoSegment;
}

// A segment that is half full is followed by another before long.
bool SegmentLog::wants_spare() const {
  if (!warm_.empty() && segments_[warm_.back()].committed >= wanted_bytes(warm_.back())) return false;
  const auto fills = [this](SegmentNumber number) {
    return number != kNoSegment && segments_[number].state == State::kOpen &&
           segments_[number].used >= segment_bytes() / 2;
  };
  return fills(begun_before_) ||
         std::any_of(streams_.begin(), streams_.end(), [&](const Stream& stream) { return fills(stream.open); });
}

PageWork SegmentLog::begin_commit(SegmentNumber number) {
  in_work_ = number;
  in_work_leaves_ = false;
  return {.kind = PageWork::Kind::kCommit,
          .range = range_,
          .offset = begin_of(number) + segments_[number].committed,
          .bytes = wanted_bytes(number) - segments_[number].committed};
}

std::optional<PageWork> SegmentLog::begin_page_work() {
  if (in_work_ != kNoSegment) return {};
  if (const SegmentNumber number = short_of_pages(); number != kNoSegment) return begin_commit(number);
  if (warm_.size() > kWarmSegmentsMax) {
    // The one that has waited longest, and is the least likely to be in the processor's caches.
    in_work_ = warm_.front();
    in_work_leaves_ = true;
    warm_.erase(warm_.begin());
    return PageWork{.kind = PageWork::Kind::kRelease,
                    .range = range_,
                    .offset = begin_of(in_work_),
                    .bytes = segments_[in_work_].committed};
  }
  if (wants_spare()) {
    if (warm_.empty()) {
      const SegmentNumber spare = take_free();
      if (spare != kNoSegment) warm_.push_back(spare);
    }
    if (!warm_.empty()) return begin_commit(warm_.back());
  }
  wants_page_work_ = false;
  return {};
}

void SegmentLog::end_page_work(const PageWork& work) {
  const SegmentNumber number = std::exchange(in_work_, kNoSegment);
  if (in_work_leaves_) {
    set_committed(number, 0);
    cold_.push_back(number);
    in_work_leaves_ = false;
  } else {
    const std::size_t end = work.offset + work.bytes - begin_of(number);
    set_committed(number, std::max<std::size_t>(segments_[number].committed, end));
  }
}

// --- Records ---

Location SegmentLog::append_to(SegmentNumber number, std::size_t record_bytes, std::size_t total_bytes) {
  LARDER_DCHECK(record_bytes % kItemGranuleBytes == 0 && record_bytes <= segment_bytes());
  Segment& segment = segments_[number];
  if (segment.used + record_bytes > segment_bytes()) return kNowhere;
  const Location location = static_cast<Location>((begin_of(number) + segment.used) / kItemGranuleBytes);
  segment.used += static_cast<std::uint32_t>(record_bytes);
  if (segment.used + piece_bytes() > segment.committed) look_after_pages(number);
  segment.live_bytes += static_cast<std::uint32_t>(record_bytes);
  ++segment.live_items;
  live_bytes_ += record_bytes;
  ++live_items_;
  Stream& stream = streams_[segment.stream];
  ++stream.items;
  stream.total_bytes += total_bytes;
  unpoison(item(location).record(), record_bytes);
  return location;
}

Location SegmentLog::append(StreamId stream_id, std::size_t record_bytes, std::size_t total_bytes) {
  Stream& stream = streams_[stream_id];
  if (stream.open != kNoSegment) {
    if (segments_[stream.open].used + record_bytes > segment_bytes()) seal(stream.open);
  }
  if (stream.open == kNoSegment) stream.open = begin_segment(stream_id, kNoSegment);
  if (stream.open == kNoSegment) return kNowhere;
  return append_to(stream.open, record_bytes, total_bytes);
}

void SegmentLog::retire(Location location, std::size_t total_bytes) {
  const SegmentNumber number = segment_of(location);
  Segment& segment = segments_[number];
  ItemRef record = item(location);
  const std::size_t bytes = record.record_bytes();
  record.write_filler(bytes);
  poison(record.record() + kItemGranuleBytes, bytes - kItemGranuleBytes);
  segment.live_bytes -= static_cast<std::uint32_t>(bytes);
  --segment.live_items;
  live_bytes_ -= bytes;
  --live_items_;
  aside_items_ -= is_aside(number);
  Stream& stream = stream_of(segment);
  --stream.items;
  stream.total_bytes -= total_bytes;
  if (segment.state != State::kSealed) return;
  sealed_live_bytes_ -= bytes;
  if (segment.live_items == 0) free_segment(number);
}

void SegmentLog::change_total(Location location, std::size_t before_bytes, std::size_t after_bytes) {
  Stream& stream = stream_of(segments_[segment_of(location)]);
  stream.total_bytes += after_bytes;
  stream.total_bytes -= before_bytes;
}

void SegmentLog::note_expiry(Location location, TimeMs expire_at_ms) {
  if (expire_at_ms == kNoExpiry) return;
  Segment& segment = segments_[segment_of(location)];
  segment.earliest_expiry_ms = std::min(segment.earliest_expiry_ms, expire_at_ms);
  if (is_sample(location)) segment.due_ms = std::min(segment.due_ms, expire_at_ms);
}

// The records that lie on a multiple of an eighth of the segment.
bool SegmentLog::is_sample(Location location) const {
  const std::size_t eighth = segment_bytes() / kExpirySamples;
  const std::size_t begin = std::size_t{location} * kItemGranuleBytes % segment_bytes();
  const std::size_t next_mark = (begin + eighth - 1) / eighth * eighth;
  return next_mark == begin || next_mark < begin + item(location).record_bytes();
}

// --- Walks ---

Location SegmentLog::next_live(SegmentNumber number, std::uint32_t& offset) const {
  const Segment& segment = segments_[number];
  while (offset < segment.used) {
    const auto location = static_cast<Location>((begin_of(number) + offset) / kItemGranuleBytes);
    const ItemRef record = item(location);
    if (record.is_item()) return location;
    offset += static_cast<std::uint32_t>(record.record_bytes());
  }
  return kNowhere;
}

Location SegmentLog::advance_front(SegmentNumber number) const {
  return segments_[number].live_items == 0 ? kNowhere : next_live(number, segments_[number].front);
}

Location SegmentLog::oldest_of(const Stream& stream) const {
  for (SegmentNumber number = stream.oldest; number != kNoSegment; number = segments_[number].newer) {
    const Location location = advance_front(number);
    if (location != kNowhere) return location;
  }
  return kNowhere;
}

Location SegmentLog::oldest_aside() const {
  const Stream* first = nullptr;
  for (const Stream& stream : aside_) {
    if (stream.oldest == kNoSegment) continue;
    if (first == nullptr || segments_[stream.oldest].sequence < segments_[first->oldest].sequence) first = &stream;
  }
  return first == nullptr ? kNowhere : oldest_of(*first);
}

// --- Invariants ---

void SegmentLog::check_invariants() const {
  std::array<Stream, 2 * kStreamsMax> sums{};  // of the streams, then of what is aside
  std::uint64_t all_items = 0;
  std::uint64_t in_use = 0;
  std::uint64_t sealed = 0;
  std::uint64_t sealed_live_bytes = 0;
  std::uint64_t committed_bytes = 0;
  for (SegmentNumber number = 1; number < segments_end(); ++number) {
    const Segment& segment = segments_[number];
    committed_bytes += segment.committed;
    if (segment.state == State::kFree) continue;
    LARDER_CHECK(segment.used <= segment.committed && segment.committed <= segment_bytes());
    ++in_use;
    sealed += segment.state == State::kSealed;
    sealed_live_bytes += segment.state == State::kSealed ? segment.live_bytes : 0;
    LARDER_CHECK(segment.used <= segment_bytes() && segment.sequence < next_sequence_);
    LARDER_CHECK(segment.state == State::kOpen || segment.live_items > 0);
    Stream& sum = sums[segment.stream + (is_aside(number) ? streams_.size() : 0)];
    std::uint64_t live_bytes = 0;
    std::uint64_t live_items = 0;
    std::uint32_t offset = 0;
    for (Location location = next_live(number, offset); location != kNowhere; location = next_live(number, offset)) {
      const ItemRef record = item(location);
      LARDER_CHECK(segment_of(location) == number && offset >= segment.front);
      LARDER_CHECK(record.expiry() == kNoExpiry || record.expiry() >= segment.earliest_expiry_ms);
      LARDER_CHECK(record.expiry() == kNoExpiry || !is_sample(location) || record.expiry() >= segment.due_ms);
      LARDER_CHECK(!record.has_tags() || record.tag_clock() >= segment.oldest_tag_clock);
      live_bytes += record.record_bytes();
      ++live_items;
      sum.total_bytes += record.total_bytes();
      offset += static_cast<std::uint32_t>(record.record_bytes());
    }
    LARDER_CHECK(offset == segment.used);
    LARDER_CHECK(live_bytes == segment.live_bytes && live_items == segment.live_items);
    sum.items += live_items;
    all_items += live_items;
  }
  LARDER_CHECK(in_use == in_use_ && sealed == sealed_ && sealed_live_bytes == sealed_live_bytes_);
  LARDER_CHECK(in_use + warm_.size() + cold_.size() + (in_work_leaves_ ? 1 : 0) + 1 == segments_.size());
  LARDER_CHECK(committed_bytes == committed_bytes_);
  std::uint64_t linked = 0;
  std::uint64_t aside_items = 0;
  for (std::size_t id = 0; id < sums.size(); ++id) {
    const bool aside = id >= streams_.size();
    const Stream& stream = aside ? aside_[id - streams_.size()] : streams_[id];
    if (aside) aside_items += stream.items;
    LARDER_CHECK(stream.items == sums[id].items && stream.total_bytes == sums[id].total_bytes);
    SegmentNumber older = kNoSegment;
    for (SegmentNumber number = stream.oldest; number != kNoSegment; number = segments_[number].newer) {
      LARDER_CHECK(segments_[number].older == older && segments_[number].stream == id % streams_.size());
      LARDER_CHECK(is_aside(number) == aside);
      older = number;
      ++linked;
    }
    LARDER_CHECK(stream.newest == older);
    LARDER_CHECK(stream.open == kNoSegment || segments_[stream.open].state == State::kOpen);
  }
  LARDER_CHECK(linked == in_use_ && aside_items == aside_items_ && all_items == live_items_);
}

}  // namespace larder

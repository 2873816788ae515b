// How a Shard wins back what is dead in its log. List policies: the emptiest segment's items go to the stream of the
// survivors. Queue policies: a new segment takes the place of the emptiest one and gets its items and then those of its
// successor, until it is full; so the order of the queue stays, and what is dead gathers in the successor, which is
// next.
#include <algorithm>
#include <cstring>

#include "larder/base/check.h"
#include "larder/store/shard.h"

namespace larder {

namespace {

// What may lie dead, as a share of what is alive: where memory is not short, where it is, and from where on compaction
// stops at nothing.
constexpr std::size_t kDeadShareAtEase = 5;
constexpr std::size_t kDeadShare = 12;
constexpr std::size_t kDeadShareMax = 6;
// Bytes moved for each byte appended.
constexpr std::size_t kMovedPerAppended = 4;
constexpr std::size_t kMovedPerAppendedMax = 16;
// So that nobody holds a shard for long; sweep() does the rest.
constexpr std::size_t kMovedBytesPerVisitMax = 128 * 1024;
// A segment with less than this part of it dead is not worth moving. What was left at its end cannot be won.
constexpr std::size_t kVictimDeadShareMin = 32;
// How many segments a search for the emptiest looks at.
constexpr SegmentLog::SegmentNumber kSegmentsPerSearch = 512;
// A dead record costs a look, as much as moving so many bytes.
constexpr std::size_t kLookBytes = 16;

}  // namespace

std::size_t Shard::dead_bytes_allowed() const {
  // At ease: a quarter of the limit is free, or there is none.
  const bool at_ease = budget_.used_bytes() <= budget_.bytes_max() / 4 * 3 || budget_.bytes_max() == 0;
  const std::size_t share = at_ease ? kDeadShareAtEase : kDeadShare;
  return static_cast<std::size_t>(log_.live_bytes()) / share + log_.segment_bytes() / 2;
}

void Shard::pay_for(std::size_t appended_bytes) {
  stats_.log_bytes = log_.committed_bytes();
  if (!wants_compaction()) return;
  const std::size_t too_much =
      std::max(dead_bytes_allowed(), static_cast<std::size_t>(log_.live_bytes()) / kDeadShareMax);
  const bool urgent = log_.dead_bytes() > too_much + 2 * log_.segment_bytes();
  compact(std::min(appended_bytes * (urgent ? kMovedPerAppendedMax : kMovedPerAppended), kMovedBytesPerVisitMax));
}

std::size_t Shard::compact(std::size_t bytes_max) {
  std::array<Move, kMovesPerBatch> moves;
  std::size_t looked_at = 0;
  std::size_t spent = 0;
  while (spent < bytes_max && (advance_compaction() || (wants_compaction() && begin_compaction()))) {
    const std::size_t looked_before = looked_at;
    const std::size_t count = gather_moves(moves, looked_at);
    spent += (looked_at - looked_before) * kLookBytes;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t record_bytes = item(moves[i].from).record_bytes();
      if (!move_survivor(moves[i])) {
        end_compaction();
        break;
      }
      spent += record_bytes;
      stats_.moved_bytes += record_bytes;
    }
  }
  stats_.log_bytes = log_.committed_bytes();
  return looked_at;
}

bool Shard::may_compact(SegmentNumber number) const {
  const SegmentLog::Segment& segment = log_.segment(number);
  if (segment.state != SegmentLog::State::kSealed || log_.is_aside(number)) return false;
  if (segment.used - segment.live_bytes < log_.segment_bytes() / kVictimDeadShareMin) return false;
  // In a queue its successor must have something to give.
  return !queues_ ||
         (segment.newer != SegmentLog::kNoSegment && log_.segment(segment.newer).state == SegmentLog::State::kSealed);
}

// Of the next kSegmentsPerSearch that may be compacted; kNoSegment if there is none among them. The emptiest of so many
// is about as empty as that of all.
Shard::SegmentNumber Shard::emptiest_segment() {
  SegmentNumber emptiest = SegmentLog::kNoSegment;
  const SegmentNumber end = log_.segments_end();
  for (SegmentNumber looked_at = 0; looked_at < std::min(end, kSegmentsPerSearch); ++looked_at) {
    if (++compaction_look_ >= end) compaction_look_ = 1;
    if (compaction_look_ >= end || !may_compact(compaction_look_)) continue;
    if (emptiest == SegmentLog::kNoSegment ||
        log_.segment(compaction_look_).live_bytes < log_.segment(emptiest).live_bytes) {
      emptiest = compaction_look_;
    }
  }
  return emptiest;
}

bool Shard::begin_compaction() {
  const SegmentNumber victim = emptiest_segment();
  if (victim == SegmentLog::kNoSegment) return false;
  if (queues_) {
    output_ = log_.begin_before(victim);
    if (output_ == SegmentLog::kNoSegment) return false;
  }
  compaction_ = cursor_at(victim);
  return true;
}

void Shard::end_compaction() {
  compaction_ = {};
  if (output_ == SegmentLog::kNoSegment) return;
  log_.seal(output_);
  output_ = SegmentLog::kNoSegment;
}

bool Shard::advance_compaction() {
  if (compaction_.segment == SegmentLog::kNoSegment) return false;
  if (is_current(compaction_) && log_.next_live(compaction_.segment, compaction_.offset) != kNowhere) return true;
  if (output_ != SegmentLog::kNoSegment) {
    const SegmentNumber successor = log_.segment(output_).newer;
    if (successor != SegmentLog::kNoSegment && log_.segment(successor).state == SegmentLog::State::kSealed) {
      compaction_ = cursor_at(successor);
      return log_.next_live(successor, compaction_.offset) != kNowhere;
    }
  }
  end_compaction();
  return false;
}

std::size_t Shard::gather_moves(std::array<Move, kMovesPerBatch>& moves, std::size_t& looked_at) {
  std::size_t count = 0;
  while (count < moves.size()) {
    const Location from = log_.next_live(compaction_.segment, compaction_.offset);
    if (from == kNowhere) break;
    ++looked_at;
    const ItemRef record = item(from);
    moves[count] = {from, hash_of(from)};
    prefetch_for(moves[count]);
    compaction_.offset += static_cast<std::uint32_t>(record.record_bytes());
    ++count;
  }
  return count;
}

void Shard::prefetch_for(const Move& move) const {
  index_.prefetch(position_of(move.hash));
  const ItemRef record = item(move.from);
  if (!record.has_node()) return;
  const ListNode node = record.node();
  prefetch(node.prev);
  prefetch(node.next);
}

bool Shard::move_survivor(const Move& move) {
  const ItemRef record = item(move.from);
  if (flushed_items_ > 0 && fate(move.from, now_ms_) == Fate::kFlushed) {
    remove(move.from, move.hash, Removal::kFlushed, nullptr);
    return true;
  }
  const std::size_t record_bytes = record.record_bytes();
  const std::size_t total_bytes = record.total_bytes();
  const Location to =
      queues_ ? log_.append_to(output_, record_bytes, total_bytes)
              : log_.append(policy_->stream_for(Arrival::kSurvivor, move.hash, move.from), record_bytes, total_bytes);
  if (to == kNowhere) return false;
  relocate(move.from, to, position_of(move.hash));
  return true;
}

void Shard::relocate(Location from, Location to, std::uint64_t position) {
  const ItemRef record = item(from);
  std::memcpy(item(to).record(), record.record(), record.record_bytes());
  const TimeMs expire_at_ms = record.expiry();
  if (expire_at_ms != kNoExpiry) note_expiry(to, expire_at_ms, now_ms_);
  index_.relocate(position, from, to);
  policy_->on_move(from, to);
  log_.retire(from, record.total_bytes());
}

}  // namespace larder

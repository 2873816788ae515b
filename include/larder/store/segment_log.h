// WHAT: the log of a shard: where the records of its items lie. Knows records and their lengths, no keys, no index, no
// policy; who moves or kills a record tells it. Not thread-safe. Can be moved: its records stay where they are.
//
// STRUCTURE: one range of address space, cut in segments of one size; a Location counts granules of 8 bytes from its
// base. Segments are filled from the front and belong to a stream; the segments of a stream are a list in the order of
// the queue that it is:
//
//     stream 0    oldest [sealed] <-> [sealed] <-> [open] newest            appended to at the newest's end
//     stream 1    oldest [sealed] <-> [open] newest
//     aside       the former streams' segments, until their records are in a stream of a new policy
//     free        a few keep their pages; the others have given theirs back
//
// Pages are committed ahead of what is appended, and given back, by whoever uses the log, once he can wait: see
// begin_page_work(). Where nobody does, appending commits them.
//
// A sealed segment whose last record dies is free at once. How much of a segment is alive is known; what of it is dead
// (dead records and what was left at the end) comes back by compaction: its live records are appended elsewhere.
//
// INVARIANTS (check_invariants): a segment's records fill it from its beginning to `used` without gaps; its live bytes
// and items are the sums over its live records; none of them expires before its `earliest_expiry_ms`, none has tags
// older than its `oldest_tag_clock`. Bytes that are no live record's, headers of fillers aside, are poisoned.
//
// Source: Rosenblum and Ousterhout, "The design and implementation of a log-structured file system", SOSP 1991.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "larder/base/check.h"
#include "larder/base/item.h"
#include "larder/base/memory_range.h"
#include "larder/base/page_work.h"
#include "larder/policy/eviction_policy.h"

namespace larder {

class SegmentLog {
 public:
  using SegmentNumber = std::uint32_t;
  static constexpr SegmentNumber kNoSegment = 0;
  static constexpr TimeMs kNever = std::numeric_limits<TimeMs>::max();
  // A record must fit in a segment, and a key alone may take 64 KiB.
  static constexpr std::size_t kSegmentBytesMin = 128 * 1024;
  static constexpr std::size_t kSegmentBytesMax = 1024 * 1024;
  // What a Location can say, the tiers' part left out.
  static constexpr std::size_t kRangeBytesMax = (std::size_t{1} << 31) * kItemGranuleBytes;

  enum class State : std::uint8_t { kFree, kOpen, kSealed };

  struct Segment {
    State state = State::kFree;
    StreamId stream = 0;
    std::uint32_t used = 0;  // bytes, from its beginning
    std::uint32_t live_bytes = 0;
    std::uint32_t live_items = 0;
    std::uint32_t front = 0;      // everything before it is dead
    std::uint32_t committed = 0;  // bytes, from its beginning, that are memory
    bool wanted_spare = false;    // all of it is committed, and it was asked whether another is to be
    SegmentNumber older = kNoSegment;
    SegmentNumber newer = kNoSegment;
    std::uint64_t sequence = 0;  // grows with every segment that is begun
    TimeMs earliest_expiry_ms = kNever;
    // The earliest of up to eight samples, spread evenly over its bytes: from then on an eighth of it is likely to have
    // expired.
    TimeMs due_ms = kNever;
    TagClock oldest_tag_clock = kNoTagClock;  // of its items with tags
  };

  // `segment_bytes`: a power of two within the bounds above.
  SegmentLog(std::size_t segment_bytes, std::size_t range_bytes);
  ~SegmentLog();
  SegmentLog(SegmentLog&&) = default;
  SegmentLog& operator=(SegmentLog&&) = default;

  // What a Location is counted from.
  char* base() const { return base_; }
  ItemRef item(Location location) const { return ItemRef(base() + std::size_t{location} * kItemGranuleBytes); }
  std::size_t segment_bytes() const { return std::size_t{1} << segment_bits_; }
  SegmentNumber segment_of(Location location) const {
    return static_cast<SegmentNumber>(std::size_t{location} * kItemGranuleBytes >> segment_bits_);
  }
  // Where in its segment it is, in bytes.
  std::uint32_t offset_of(Location location) const {
    return static_cast<std::uint32_t>(std::size_t{location} * kItemGranuleBytes & (segment_bytes() - 1));
  }
  const Segment& segment(SegmentNumber number) const { return segments_[number]; }
  SegmentNumber oldest_segment(StreamId stream) const { return streams_[stream].oldest; }
  // One past the highest number that was ever in use.
  SegmentNumber segments_end() const { return static_cast<SegmentNumber>(segments_.size()); }

  // A place of `record_bytes` at the end of the stream, counted as alive with `total_bytes` (its blob included): the
  // caller writes the record there at once. kNowhere if the address space is used up.
  Location append(StreamId stream, std::size_t record_bytes, std::size_t total_bytes);
  // The same in a segment that begin_before() gave; kNowhere if it is full.
  Location append_to(SegmentNumber number, std::size_t record_bytes, std::size_t total_bytes);
  // An empty segment in the place before `successor` in its stream; the caller seals it. kNoSegment: no address space.
  SegmentNumber begin_before(SegmentNumber successor);
  // The record is dead: it becomes a filler. Its segment may be free afterwards, its bytes gone.
  void retire(Location location, std::size_t total_bytes);
  // Its blob has another size now.
  void change_total(Location location, std::size_t before_bytes, std::size_t after_bytes);
  void note_expiry(Location location, TimeMs expire_at_ms);
  // Whether the record is one of those whose expiries `due_ms` is made of.
  bool is_sample(Location location) const;
  // After a walk over all of the segment.
  void set_expiries(SegmentNumber number, TimeMs earliest_ms, TimeMs due_ms) {
    segments_[number].earliest_expiry_ms = earliest_ms;
    segments_[number].due_ms = due_ms;
  }
  void note_tag_clock(SegmentNumber number, TagClock clock) {
    segments_[number].oldest_tag_clock = std::min(segments_[number].oldest_tag_clock, clock);
  }
  // Likewise.
  void set_tag_clock(SegmentNumber number, TagClock oldest) { segments_[number].oldest_tag_clock = oldest; }
  void seal(SegmentNumber number);
  // Every segment is put aside; the streams are empty then. Takes no longer for many segments than for few.
  void set_all_aside();
  bool is_aside(SegmentNumber number) const { return segments_[number].sequence < aside_sequence_; }
  // Free segments that keep their pages give them back.
  void release_warm();

  // Whether there are pages to commit ahead or to give back.
  bool wants_page_work() const { return wants_page_work_; }
  // What of it is next; nothing if there is none. Whoever takes it runs it and reports its end; until then there is no
  // other. Meanwhile the log may be used, flushed, even destroyed (then there is no end to report).
  std::optional<PageWork> begin_page_work();
  void end_page_work(const PageWork& work);
  bool owns(const PageWork& work) const { return work.range == range_; }

  // Whatever is appended later lies in segments with at least the returned sequence.
  std::uint64_t seal_all_open();

  // The first live record of a segment from `offset` on, and where it begins; kNowhere if there is none. The walk:
  //     for (offset = 0; (location = log.next_live(n, offset)) != kNowhere; offset += item(location).record_bytes())
  // `offset` may go on being used while records die or are appended, as long as the segment keeps its sequence.
  Location next_live(SegmentNumber number, std::uint32_t& offset) const;
  // The stream's first live record; kNowhere if it has none.
  Location oldest(StreamId stream) const { return oldest_of(streams_[stream]); }
  // The first live record of what was put aside: of the former streams' first segments, the one that was begun first.
  Location oldest_aside() const;

  std::uint64_t stream_items(StreamId stream) const { return streams_[stream].items; }
  std::uint64_t stream_bytes(StreamId stream) const { return streams_[stream].total_bytes; }
  std::uint64_t aside_items() const { return aside_items_; }
  std::uint64_t live_items() const { return live_items_; }
  std::uint64_t live_bytes() const { return live_bytes_; }
  std::uint64_t segments_in_use() const { return in_use_; }
  std::uint64_t committed_bytes() const { return committed_bytes_; }
  // What compaction could win: the sealed segments without their live bytes.
  std::uint64_t dead_bytes() const { return sealed_ * segment_bytes() - sealed_live_bytes_; }

  // Gives a segment's pages back, whatever is in it. Nothing but this and the walk over segments that were not
  // discarded may follow.
  void discard(SegmentNumber number) const;

  // Stops the process if an invariant does not hold. O(records).
  void check_invariants() const;

 private:
  static constexpr std::size_t kExpirySamples = 8;
  // Free segments that keep their pages; how many may wait until they are given back.
  static constexpr std::size_t kWarmSegmentsMax = 1;
  static constexpr std::size_t kWaitingSegmentsMax = 8;
  // Segments are committed in pieces of that size, small ones in so many.
  static constexpr std::size_t kCommitBytesMax = 64 * 1024;
  static constexpr std::size_t kCommitsPerSegment = 8;
  // So many pieces ahead of what is appended.
  static constexpr std::size_t kPiecesAhead = 2;

  struct Stream {
    SegmentNumber oldest = kNoSegment;
    SegmentNumber newest = kNoSegment;
    SegmentNumber open = kNoSegment;
    std::uint64_t items = 0;
    std::uint64_t total_bytes = 0;
  };

  std::size_t begin_of(SegmentNumber number) const { return std::size_t{number} << segment_bits_; }
  SegmentNumber take_free();
  std::size_t piece_bytes() const { return std::min(kCommitBytesMax, segment_bytes() / kCommitsPerSegment); }
  std::size_t round_up_to_pieces(std::size_t bytes) const { return (bytes + piece_bytes() - 1) & ~(piece_bytes() - 1); }
  void set_committed(SegmentNumber number, std::size_t bytes);
  void release_pages(SegmentNumber number);
  void commit_now(SegmentNumber number, std::size_t used);
  // After an append that came near the end of what is committed.
  void look_after_pages(SegmentNumber number);
  // How far a segment that is open, or a free one that is next, is to be committed.
  std::size_t wanted_bytes(SegmentNumber number) const;
  bool wants_spare() const;
  // The open segment that is to be committed further; kNoSegment if none is.
  SegmentNumber short_of_pages() const;
  PageWork begin_commit(SegmentNumber number);
  SegmentNumber begin_segment(StreamId stream, SegmentNumber successor);
  void free_segment(SegmentNumber number);
  // Those set aside keep the number of the stream that they were in.
  Stream& stream_of(const Segment& segment) {
    return (segment.sequence < aside_sequence_ ? aside_ : streams_)[segment.stream];
  }
  Location oldest_of(const Stream& stream) const;
  // Moves `front` over what is dead.
  Location advance_front(SegmentNumber number) const;

  int segment_bits_;
  std::shared_ptr<const MemoryRange> range_;
  char* base_;
  bool wants_page_work_ = false;
  // What begin_page_work() has given out: a segment, and if its pages go back, it is in none of the lists meanwhile.
  SegmentNumber in_work_ = kNoSegment;
  bool in_work_leaves_ = false;
  SegmentNumber begun_before_ = kNoSegment;  // the last one that begin_before() gave
  // Number 0 stays unused, so that no record is at kNowhere. `front` is a memory of where a search ended.
  mutable std::vector<Segment> segments_;
  std::array<Stream, kStreamsMax> streams_;
  std::array<Stream, kStreamsMax> aside_;  // each younger than what was put aside before it
  std::uint64_t aside_sequence_ = 0;       // segments begun before this one are aside
  std::uint64_t aside_items_ = 0;
  std::vector<SegmentNumber> warm_;  // free, with pages
  std::vector<SegmentNumber> cold_;  // free, without
  std::uint64_t committed_bytes_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t live_bytes_ = 0;
  std::uint64_t live_items_ = 0;
  std::uint64_t in_use_ = 0;
  std::uint64_t sealed_ = 0;
  std::uint64_t sealed_live_bytes_ = 0;
};

}  // namespace larder

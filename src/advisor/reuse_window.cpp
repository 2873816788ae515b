#include "advisor/reuse_window.h"

#include <algorithm>

#include "larder/base/check.h"

namespace larder {

namespace {

constexpr std::size_t lowest_bit(std::size_t number) {
  return number & (~number + 1);
}

}  // namespace

ReuseWindow::ReuseWindow() : line_(kLineMin, kNone), tree_(kLineMin + 1, 0) {}

std::optional<ReuseWindow::Reuse> ReuseWindow::use(KeyHash hash) {
  const Number number = find(hash);
  if (number == kNone) return {};
  Entry& entry = entries_[number];
  const Reuse reuse{weight_ - sum_to(entry.place), weight_of(number), entry.size, entry.expire_at_ms};
  leave_place(number);
  take_place(number);
  return reuse;
}

void ReuseWindow::put(KeyHash hash, ItemSize size, TimeMs expire_at_ms) {
  Number number = find(hash);
  if (number != kNone) {
    leave_place(number);
    count_size(entries_[number].size, -1);
  } else if (!free_.empty()) {
    number = free_.back();
    free_.pop_back();
  } else {
    number = static_cast<Number>(entries_.size());
    if (entries_.size() == entries_.capacity()) entries_.reserve(entries_.size() + entries_.size() / 4 + kLineMin);
    entries_.emplace_back();
  }
  const bool is_new = entries_[number].size.bytes == 0;
  entries_[number] = {hash, expire_at_ms, ItemSize::of(std::max<std::uint32_t>(1, size.bytes), size.has_blob), 0};
  count_size(entries_[number].size, 1);
  if (is_new) table_.insert(number, hash_of());
  take_place(number);
}

bool ReuseWindow::erase(KeyHash hash) {
  const Number number = find(hash);
  if (number == kNone) return false;
  forget(number);
  return true;
}

void ReuseWindow::forget(Number number) {
  leave_place(number);
  count_size(entries_[number].size, -1);
  table_.erase(number, hash_of());
  entries_[number] = {};
  free_.push_back(number);
}

bool ReuseWindow::trim(std::uint64_t weight_max) {
  bool trimmed = false;
  while (weight_ > weight_max && size() > 1) {
    while (line_[first_] == kNone) ++first_;
    forget(line_[first_]);
    trimmed = true;
  }
  return trimmed;
}

void ReuseWindow::keep_sampled(SampleThreshold threshold) {
  for (Number number = 0; number < entries_.size(); ++number) {
    if (entries_[number].size.bytes != 0 && !is_sampled(entries_[number].hash, threshold)) forget(number);
  }
}

SampleThreshold ReuseWindow::threshold_for(std::size_t keys) const {
  LARDER_CHECK(keys < size());
  std::vector<SampleThreshold> bits;
  bits.reserve(size());
  for (const Entry& entry : entries_) {
    if (entry.size.bytes != 0) bits.push_back(sample_bits(entry.hash));
  }
  std::nth_element(bits.begin(), bits.begin() + static_cast<std::ptrdiff_t>(keys), bits.end());
  return bits[keys];
}

void ReuseWindow::clear() {
  entries_.clear();
  free_.clear();
  table_.clear();
  line_.assign(kLineMin, kNone);
  tree_.assign(kLineMin + 1, 0);
  end_ = 0;
  first_ = 0;
  weight_ = 0;
  plain_bytes_ = 0;
  blobs_ = 0;
}

void ReuseWindow::count_items(bool counts_items) {
  LARDER_CHECK(size() == 0);
  weigher_.counts_items = counts_items;
}

// Unsigned arithmetic wraps.
void ReuseWindow::count_size(ItemSize size, std::int64_t times) {
  plain_bytes_ += static_cast<std::uint64_t>(times * std::int64_t{size.bytes});
  if (size.has_blob) blobs_ += static_cast<std::uint64_t>(times);
}

void ReuseWindow::take_place(Number number) {
  if (end_ == line_.size()) close_gaps();
  entries_[number].place = end_;
  line_[end_] = number;
  add(end_, weight_of(number));
  weight_ += weight_of(number);
  ++end_;
}

void ReuseWindow::leave_place(Number number) {
  const std::uint32_t place = entries_[number].place;
  line_[place] = kNone;
  add(place, ~std::uint64_t{weight_of(number)} + 1);
  weight_ -= weight_of(number);
}

// The line is long enough afterwards for as many uses as there are keys. Whoever is about to take a place has none.
void ReuseWindow::close_gaps() {
  std::vector<Number> order;
  order.reserve(size());
  for (const Number number : line_) {
    if (number != kNone) order.push_back(number);
  }
  const std::size_t length = std::max(kLineMin, 2 * (order.size() + 1));
  if (length > line_.size() || length < line_.size() / 4) {
    line_.resize(length);
    line_.shrink_to_fit();
    tree_.resize(length + 1);
    tree_.shrink_to_fit();
  }
  std::fill(line_.begin(), line_.end(), kNone);
  std::fill(tree_.begin(), tree_.end(), 0);
  std::copy(order.begin(), order.end(), line_.begin());
  for (std::size_t place = 0; place < order.size(); ++place) {
    entries_[order[place]].place = static_cast<std::uint32_t>(place);
    tree_[place + 1] = weight_of(order[place]);
  }
  for (std::size_t at = 1; at < tree_.size(); ++at) {
    const std::size_t above = at + lowest_bit(at);
    if (above < tree_.size()) tree_[above] += tree_[at];
  }
  end_ = static_cast<std::uint32_t>(order.size());
  first_ = 0;
}

// Unsigned arithmetic wraps, so a weight is taken off by adding its complement.
void ReuseWindow::add(std::uint32_t place, std::uint64_t weight) {
  for (std::size_t at = std::size_t{place} + 1; at < tree_.size(); at += lowest_bit(at)) tree_[at] += weight;
}

std::uint64_t ReuseWindow::sum_to(std::uint32_t place) const {
  std::uint64_t sum = 0;
  for (std::size_t at = std::size_t{place} + 1; at > 0; at -= lowest_bit(at)) sum += tree_[at];
  return sum;
}

ItemSize ReuseWindow::usual_size() const {
  return size() == 0 ? ItemSize::of(1) : ItemSize::of(plain_bytes_ / size(), blobs_ > size() / 2);
}

std::size_t ReuseWindow::bytes() const {
  return entries_.capacity() * sizeof(Entry) + (free_.capacity() + line_.capacity()) * sizeof(Number) +
         tree_.capacity() * sizeof tree_[0] + table_.bytes();
}

void ReuseWindow::check_invariants() const {
  std::uint64_t weight = 0;
  std::uint64_t plain_bytes = 0;
  std::uint64_t blobs = 0;
  std::size_t keys = 0;
  for (std::uint32_t place = 0; place < line_.size(); ++place) {
    if (line_[place] != kNone) {
      const Entry& entry = entries_[line_[place]];
      LARDER_CHECK(place >= first_ && place < end_ && entry.place == place && find(entry.hash) == line_[place]);
      weight += weight_of(line_[place]);
      plain_bytes += entry.size.bytes;
      blobs += entry.size.has_blob ? 1 : 0;
      ++keys;
    }
    LARDER_CHECK(sum_to(place) == weight);
  }
  LARDER_CHECK(plain_bytes == plain_bytes_ && blobs == blobs_);
  LARDER_CHECK(weight == weight_ && keys == size() && keys + free_.size() == entries_.size());
}

}  // namespace larder

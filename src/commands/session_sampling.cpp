// What a session tells TrafficSample of the requests that are drawn: which keys they name, and what became of them.
#include <algorithm>

#include "commands/session.h"

namespace larder {

namespace {

// Of a request that names more keys so many stand for all of them.
constexpr std::size_t kKeysMax = 8;

// The arguments that are keys: every `step` from `first` on, `count` of them. REQUIRES: the first argument is one.
struct KeyRange {
  std::size_t first = 1;
  std::size_t step = 1;
  std::size_t count = 1;
};

KeyRange keys_of(const CommandSpec& spec, const Request& request) {
  const auto arguments = static_cast<int>(request.size());
  const int last = spec.keys.last < 0 ? arguments + spec.keys.last : std::min(spec.keys.last, arguments - 1);
  if (spec.keys.step <= 0 || last <= spec.keys.first) return {};
  return {.first = static_cast<std::size_t>(spec.keys.first),
          .step = static_cast<std::size_t>(spec.keys.step),
          .count = static_cast<std::size_t>((last - spec.keys.first) / spec.keys.step + 1)};
}

TrafficCounts scaled(TrafficCounts counts, double by) {
  counts.operations *= by;
  counts.writes *= by;
  counts.hits *= by;
  counts.misses *= by;
  counts.bytes *= by;
  counts.loads *= by;
  counts.load_us *= by;
  return counts;
}

}  // namespace

void Session::execute_drawn(std::size_t index, Execution& execution) {
  const auto count = [](const Counter& counter) { return static_cast<double>(counter.get()); };
  const double hits = count(statistics_.hits);
  const double misses = count(statistics_.misses);
  const double loads = count(statistics_.loads);
  const double load_us = count(statistics_.load_us);
  const std::size_t reply_begin = execution.out.size();
  const Database database = database_;
  if (batch_.has_key[index]) statistics_.traffic.prefetch_set(batch_.keys[index].hash);
  execute(index, execution);
  const CommandSpec* const spec = batch_.commands[index].spec;
  // What strangers send, and what names no key, is nothing to be counted by keys.
  if (!authenticated_ || !batch_.has_key[index]) return;
  const std::size_t reply_bytes = std::max(execution.out.size(), reply_begin) - reply_begin;
  statistics_.traffic.prefetch_entry(batch_.keys[index].hash);
  execution.drawn.database = database;
  TrafficCounts& counts = execution.drawn.counts;
  counts.writes = (spec->flags & kWrite) != 0 ? 1 : 0;
  counts.hits = count(statistics_.hits) - hits;
  counts.misses = count(statistics_.misses) - misses;
  counts.bytes = static_cast<double>(batch_.requests[index].wire_bytes() + reply_bytes);
  counts.loads = count(statistics_.loads) - loads;
  counts.load_us = count(statistics_.load_us) - load_us;
  execution.drawn.is_done = true;
}

void Session::add_to_sample(const Execution& execution) {
  const std::size_t index = execution.drawn.draw.index;
  const Request& request = batch_.requests[index];
  const KeyRange keys = keys_of(*batch_.commands[index].spec, request);
  const std::size_t shown = std::min(keys.count, kKeysMax);
  // What the request did is shared out among its keys in equal parts; each is an operation on it all the same.
  const double requests = execution.drawn.draw.weight;
  TrafficCounts counts = scaled(execution.drawn.counts, requests / static_cast<double>(shown));
  const double each = requests * static_cast<double>(keys.count) / static_cast<double>(shown);
  counts.operations = each;
  counts.writes = execution.drawn.counts.writes * each;
  const std::int64_t now_ns = execution.statistics.begin_ns();
  // Of very many, some from all over, and others each time.
  const std::size_t from = shown == keys.count ? 0 : static_cast<std::size_t>(now_ns) % keys.count;
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t number = (from + i * keys.count / shown) % keys.count;
    const std::string_view bytes = request[keys.first + keys.step * number];
    // What the batch looked ahead at is of the database that was selected when it began.
    const bool is_known = number == 0 && batch_.keys[index].database == execution.drawn.database;
    const Key key = is_known ? batch_.keys[index] : services_.store.key(execution.drawn.database, bytes);
    statistics_.traffic.add(now_ns, {key.hash, key.database, bytes}, counts);
  }
}

}  // namespace larder

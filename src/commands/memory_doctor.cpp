#include "commands/memory_doctor.h"

#include <array>

#include "commands/info_text.h"
#include "larder/base/text.h"

namespace larder {

namespace {

// Below this nothing can be said.
constexpr std::uint64_t kStoredBytesMin = 5ULL << 20;
// Differences below this are nobody's worry.
constexpr std::uint64_t kWorthBytes = 32ULL << 20;
constexpr std::uint64_t kItemsMin = 1'000;
constexpr double kNearlyFull = 0.95;
constexpr double kPeakRatio = 1.5;
constexpr double kResidentRatio = 1.25;
constexpr double kLogRatio = 1.3;
constexpr double kDataShareLow = 0.5;
constexpr std::uint64_t kBuffersShare = 8;

// Each answers its sentences, or nothing.
using Check = std::string (*)(const MemoryCase&);

std::string check_limit(const MemoryCase& memory) {
  const std::uint64_t maxmemory = memory.store.maxmemory_bytes;
  if (maxmemory == 0 || fraction(memory.figures.used_bytes, maxmemory) < kNearlyFull) return {};
  const std::string use = format_size(memory.figures.used_bytes) + " of " + format_size(maxmemory) + " are in use";
  if (memory.policy == PolicyKind::kNoEviction) {
    return use +
           " and the policy is noeviction: writes are refused, or soon will be. Raise maxmemory, delete keys, or " +
           "choose a policy that evicts.";
  }
  if (evicts_volatile_only(memory.policy) && memory.store.total.items_with_expiry == 0) {
    return use + " and " + std::string(policy_name(memory.policy)) +
           " evicts only keys that expire, of which there are none: writes are refused, or soon will be. Give keys an "
           "expiry, or choose an allkeys policy.";
  }
  if (memory.figures.used_bytes <= maxmemory) return {};
  return use + ": maxmemory was lowered, and eviction is bringing the use down.";
}

std::string check_peak(const MemoryCase& memory) {
  const std::uint64_t used = memory.figures.used_bytes;
  if (fraction(memory.store.peak_bytes, used) < kPeakRatio || memory.store.peak_bytes < used + kWorthBytes) return {};
  return "At the peak " + format_size(memory.store.peak_bytes) + " were in use, now " + format_size(used) +
         " are: do not make maxmemory fit today's use if the peak will come again.";
}

std::string check_resident(const MemoryCase& memory) {
  const std::uint64_t expected = memory.figures.used_bytes + memory.buffer_bytes;
  if (fraction(memory.figures.resident_bytes, expected) < kResidentRatio ||
      memory.figures.resident_bytes < expected + kWorthBytes) {
    return {};
  }
  return "The process has " + format_size(memory.figures.resident_bytes) + ", items and connections account for " +
         format_size(expected) + ": what was freed a moment ago is still on its way back to the system. MEMORY PURGE " +
         "hurries it; if the difference stays, look at log_bytes in INFO cache.";
}

std::string check_log(const MemoryCase& memory) {
  const ShardStats& total = memory.store.total;
  const std::uint64_t expected = total.item_bytes + total.slack_bytes;
  if (fraction(total.log_bytes, expected) < kLogRatio || total.log_bytes < expected + kWorthBytes) return {};
  return "The log takes " + format_size(total.log_bytes) + " for " + format_size(expected) +
         " of items: compaction is behind after many deletions or overwrites, and catches up in the background.";
}

std::string check_buffers(const MemoryCase& memory) {
  const std::uint64_t whole =
      memory.store.maxmemory_bytes != 0 ? memory.store.maxmemory_bytes : memory.figures.used_bytes;
  if (memory.buffer_bytes < kWorthBytes || memory.buffer_bytes < whole / kBuffersShare) return {};
  return "Connections hold " + format_size(memory.buffer_bytes) +
         " of buffers and unsent replies: look for clients that read slowly or send very large pipelines (CLIENT LIST, "
         "qbuf and omem).";
}

std::string check_data_share(const MemoryCase& memory) {
  const std::uint64_t items = memory.store.total.items;
  if (items < kItemsMin || memory.figures.data_share > kDataShareLow) return {};
  return "Keys and values are only " + decimal_text(100 * memory.figures.data_share, 0) + "% of what is stored, " +
         std::to_string(memory.figures.data_bytes / items) +
         " bytes an item: every item pays for its header and its place in the index. Fewer and larger items would fit "
         "more data.";
}

constexpr std::array<Check, 6> kChecks = {check_limit, check_peak,    check_resident,
                                          check_log,   check_buffers, check_data_share};

}  // namespace

std::string memory_advice(const MemoryCase& memory) {
  const MemoryFigures& figures = memory.figures;
  const std::uint64_t stored = figures.used_bytes - figures.startup_bytes;
  std::string advice;
  for (const Check check : kChecks) {
    if (stored < kStoredBytesMin && check != check_buffers) continue;
    const std::string found = check(memory);
    if (!found.empty()) advice += (advice.empty() ? "" : "\n") + found;
  }
  if (!advice.empty()) return advice;
  if (stored < kStoredBytesMin) {
    return "There is too little in the store to say anything (" + format_size(stored) + ").";
  }
  return "Nothing is wrong with the memory: " + std::to_string(memory.store.total.items) + " items take " +
         format_size(stored) + ", " + decimal_text(100 * figures.data_share, 0) + "% of it keys and values.";
}

}  // namespace larder

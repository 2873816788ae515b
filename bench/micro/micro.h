// What the microbenchmarks share: numbered keys of 16 bytes, and a time per thing done where one iteration does many.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace larder {

inline constexpr std::size_t kMicroKeyBytes = 16;
inline constexpr std::size_t kMicroValueBytes = 100;

struct MicroKey {
  std::array<char, kMicroKeyBytes> bytes;

  std::string_view view() const { return {bytes.data(), bytes.size()}; }
};

inline MicroKey micro_key(std::uint64_t number) {
  std::array<char, kMicroKeyBytes + 1> text{};
  std::snprintf(text.data(), text.size(), "key:%012llu", static_cast<unsigned long long>(number % 1'000'000'000'000));
  MicroKey key{};
  std::copy_n(text.begin(), kMicroKeyBytes, key.bytes.begin());
  return key;
}

// A column "each": the time for one of `count` in all.
inline void report_each(benchmark::State& state, std::int64_t count) {
  using benchmark::Counter;
  state.counters["each"] = Counter(static_cast<double>(count), Counter::kIsRate | Counter::kInvert);
}

}  // namespace larder

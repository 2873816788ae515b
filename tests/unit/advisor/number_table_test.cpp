#include "advisor/number_table.h"

#include <gtest/gtest.h>

#include <unordered_map>

namespace larder {
namespace {

TEST(NumberTable, FindsWhatIsThereWhateverComesAndGoes) {
  std::unordered_map<std::uint32_t, KeyHash> hashes;
  const auto hash_of = [&](std::uint32_t number) { return hashes.at(number); };
  NumberTable table;
  SplitMix64 numbers(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = static_cast<std::uint32_t>(numbers.below(500));
    if (hashes.contains(number)) {
      table.erase(number, hash_of);
      hashes.erase(number);
    } else {
      // Few homes, so that there are long runs.
      hashes[number] = (KeyHash{number % 7} << 32) | number;
      table.insert(number, hash_of);
    }
    ASSERT_EQ(table.size(), hashes.size());
    const auto asked = static_cast<std::uint32_t>(numbers.below(500));
    const KeyHash hash = (KeyHash{asked % 7} << 32) | asked;
    ASSERT_EQ(table.find(hash, hash_of), hashes.contains(asked) ? asked : NumberTable::kNone);
  }
}

}  // namespace
}  // namespace larder

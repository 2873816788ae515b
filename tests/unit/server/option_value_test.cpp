#include "server/option_value.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

// The canonical text, or "error: " and why not.
std::string canonical(std::string_view name, std::string_view text) {
  const OptionRow* row = find_option(name);
  if (row == nullptr) return "no such option";
  const Result<std::string> result = canonical_option(*row, text);
  return result.is_ok() ? result.value() : "error: " + result.status().message();
}

bool is_refused(std::string_view name, std::string_view text) {
  return canonical(name, text).starts_with("error: ");
}

TEST(OptionValueTest, EveryDefaultIsCanonical) {
  for (const OptionRow& row : option_table()) {
    if (row.name == "config") continue;
    EXPECT_EQ(canonical(row.name, row.default_text), row.default_text) << row.name;
  }
}

TEST(OptionValueTest, YesAndNoAreReadInBothSpellings) {
  EXPECT_EQ(canonical("protected-mode", "YES"), "yes");
  EXPECT_EQ(canonical("protected-mode", "true"), "yes");
  EXPECT_EQ(canonical("protected-mode", "false"), "no");
  EXPECT_EQ(canonical("protected-mode", "maybe"), "error: argument must be 'yes' or 'no'");
}

TEST(OptionValueTest, IntegersKeepToTheirRange) {
  EXPECT_EQ(canonical("port", "0"), "0");
  EXPECT_EQ(canonical("port", "65535"), "65535");
  EXPECT_EQ(canonical("port", "65536"), "error: argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(canonical("port", "-1"), "error: argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(canonical("maxclients", "0"), "error: argument must be between 1 and 4294967295 inclusive");
  EXPECT_EQ(canonical("port", "x"), "error: argument couldn't be parsed into an integer");
  EXPECT_TRUE(is_refused("port", ""));
  EXPECT_TRUE(is_refused("port", "63 79"));
  EXPECT_TRUE(is_refused("port", "99999999999999999999"));
}

TEST(OptionValueTest, DurationsAreSeconds) {
  EXPECT_EQ(canonical("stats-interval", "10"), "10");
  EXPECT_EQ(canonical("stats-interval", "10s"), "10");
  EXPECT_EQ(canonical("timeout", "5m"), "300");
  EXPECT_EQ(canonical("timeout", "2h"), "7200");
  EXPECT_TRUE(is_refused("timeout", "-1"));
  EXPECT_TRUE(is_refused("timeout", "s"));
  EXPECT_TRUE(is_refused("timeout", "10d"));
  // More than fits: not wrapped around.
  EXPECT_TRUE(is_refused("timeout", "2000000h"));
}

TEST(OptionValueTest, MemoryIsBytesOrAPercentageOrAuto) {
  EXPECT_EQ(canonical("maxmemory", "512mb"), "536870912");
  EXPECT_EQ(canonical("maxmemory", "1GB"), "1073741824");
  EXPECT_EQ(canonical("maxmemory", "0"), "0");
  EXPECT_EQ(canonical("maxmemory", "50%"), "50%");
  EXPECT_EQ(canonical("maxmemory", "AUTO"), "auto");
  EXPECT_EQ(canonical("maxmemory", "abc"), "error: argument must be a memory value");
  EXPECT_TRUE(is_refused("maxmemory", "0%"));
  EXPECT_TRUE(is_refused("maxmemory", "101%"));
  EXPECT_TRUE(is_refused("maxmemory", "-1"));
  EXPECT_TRUE(is_refused("maxmemory", "1.5gb"));
  EXPECT_TRUE(is_refused("maxmemory", ""));
}

TEST(OptionValueTest, ShardsAreAPowerOfTwoOrAuto) {
  EXPECT_EQ(canonical("shards", "64"), "64");
  EXPECT_EQ(canonical("shards", "auto"), "auto");
  EXPECT_TRUE(is_refused("shards", "48"));
  EXPECT_TRUE(is_refused("shards", "0"));
  EXPECT_TRUE(is_refused("shards", "131072"));
}

TEST(OptionValueTest, BindTakesNumericAddressesInAnyUsualForm) {
  EXPECT_EQ(canonical("bind", "127.0.0.1,::1"), "127.0.0.1 ::1");
  EXPECT_EQ(canonical("bind", "  127.0.0.1   10.0.0.1 "), "127.0.0.1 10.0.0.1");
  EXPECT_EQ(canonical("bind", "*"), "*");
  EXPECT_TRUE(is_refused("bind", "localhost"));
  EXPECT_TRUE(is_refused("bind", "127.0.0.256"));
  EXPECT_TRUE(is_refused("bind", ""));
}

TEST(OptionValueTest, PermissionsAreOctal) {
  EXPECT_EQ(canonical("unixsocketperm", "0770"), "0770");
  EXPECT_TRUE(is_refused("unixsocketperm", "800"));
  EXPECT_TRUE(is_refused("unixsocketperm", "1777"));
  EXPECT_TRUE(is_refused("unixsocketperm", "-7"));
}

TEST(OptionValueTest, ChoicesAreListedWhereNoneFits) {
  EXPECT_EQ(canonical("loglevel", "WARNING"), "warning");
  EXPECT_EQ(canonical("loglevel", "loud"),
            "error: argument(s) must be one of the following: debug, verbose, info, notice, warning, error");
  EXPECT_EQ(canonical("maxmemory-policy", "AllKeys-LRU"), "allkeys-lru");
  EXPECT_EQ(canonical("maxmemory-policy", "Auto"), "auto");
  EXPECT_TRUE(is_refused("maxmemory-policy", "nonsense"));
}

TEST(OptionValueTest, TextIsBounded) {
  EXPECT_EQ(canonical("requirepass", std::string(512, 'x')), std::string(512, 'x'));
  EXPECT_TRUE(is_refused("requirepass", std::string(513, 'x')));
  EXPECT_TRUE(is_refused("unixsocket", std::string(108, 'x')));
}

TEST(OptionValueTest, TheHashSeedMayBeEmpty) {
  EXPECT_EQ(option_optional_integer(canonical("hash-seed", "")), std::nullopt);
  EXPECT_EQ(option_optional_integer(canonical("hash-seed", "7")), 7u);
  EXPECT_TRUE(is_refused("hash-seed", "-7"));
}

}  // namespace
}  // namespace larder

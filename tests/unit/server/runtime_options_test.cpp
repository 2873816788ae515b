#include "server/runtime_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder {
namespace {

using testing::ElementsAre;
using testing::Pair;

class RuntimeOptionsTest : public testing::Test {
 protected:
  RuntimeOptionsTest() : config_(Options()) {
    for (const OptionRow& row : option_table()) {
      if (row.change != OptionChange::kAtRuntime) continue;
      config_.on_change(row.name, [this, name = std::string(row.name)](std::string& text) {
        if (name == refusing_) return Status::invalid("not today");
        if (text == "50%") text = "1000";
        applied_.push_back(name + "=" + text);
        return Status::ok();
      });
    }
  }

  std::string set(std::vector<std::pair<std::string_view, std::string_view>> changes) {
    const Status status = config_.set(changes);
    return status.is_ok() ? "OK" : status.message();
  }
  std::string get(std::string_view name) {
    const auto found = config_.get(name);
    return found.size() == 1 ? found[0].second : "not one";
  }

  RuntimeOptions config_;
  std::string refusing_;
  std::vector<std::string> applied_;
};

TEST_F(RuntimeOptionsTest, GetMatchesGlobsWithoutRegardToCase) {
  EXPECT_THAT(config_.get("MAXMEMORY*"),
              ElementsAre(Pair("maxmemory", "auto"), Pair("maxmemory-policy", "allkeys-s3fifo")));
  EXPECT_THAT(config_.get("Timeout"), ElementsAre(Pair("Timeout", "0")));
  EXPECT_THAT(config_.get("nothing"), ElementsAre());
  EXPECT_EQ(config_.get("*").size(), option_table().size());
  EXPECT_THAT(config_.get("appendonly"), ElementsAre(Pair("appendonly", "no")));
}

TEST_F(RuntimeOptionsTest, SetAppliesAndKeepsTheCanonicalValue) {
  EXPECT_EQ(set({{"MaxMemory", "1mb"}, {"timeout", "5m"}}), "OK");
  EXPECT_THAT(applied_, ElementsAre("maxmemory=1048576", "timeout=300"));
  EXPECT_EQ(get("maxmemory"), "1048576");
  EXPECT_EQ(config_.options().origin("maxmemory"), "CONFIG SET");
}

TEST_F(RuntimeOptionsTest, AHookMayReplaceTheValue) {
  EXPECT_EQ(set({{"maxmemory", "50%"}}), "OK");
  EXPECT_EQ(get("maxmemory"), "1000");
}

TEST_F(RuntimeOptionsTest, ABadValueAmongGoodOnesChangesNothing) {
  EXPECT_EQ(set({{"maxmemory", "1gb"}, {"timeout", "abc"}}),
            "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer");
  EXPECT_THAT(applied_, ElementsAre());
  EXPECT_EQ(get("maxmemory"), "auto");
}

TEST_F(RuntimeOptionsTest, WhatCannotBeAppliedTakesTheEarlierOnesBack) {
  refusing_ = "maxclients";
  EXPECT_EQ(set({{"timeout", "7"}, {"maxitems", "9"}, {"maxclients", "5"}}),
            "CONFIG SET failed (possibly related to argument 'maxclients') - not today");
  EXPECT_THAT(applied_, ElementsAre("timeout=7", "maxitems=9", "maxitems=0", "timeout=0"));
  EXPECT_EQ(get("timeout"), "0");
  EXPECT_EQ(config_.options().origin("timeout"), "default");
}

TEST_F(RuntimeOptionsTest, ErrorsAreThoseOfRedis) {
  EXPECT_EQ(set({{"foo", "1"}}), "Unknown option or number of arguments for CONFIG SET - 'foo'");
  EXPECT_EQ(set({{"databases", "3"}}),
            "CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config");
  EXPECT_EQ(set({{"appendonly", "yes"}}),
            "CONFIG SET failed (possibly related to argument 'appendonly') - can't set immutable config");
  EXPECT_EQ(set({{"maxmemory", "1"}, {"maxmemory", "2"}}),
            "CONFIG SET failed (possibly related to argument 'maxmemory') - duplicate parameter");
  EXPECT_EQ(set({{"maxmemory", "abc"}}),
            "CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value");
}

}  // namespace
}  // namespace larder

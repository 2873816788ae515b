// The EXPIRE family, TTL and its relatives, PERSIST. Error texts are those Redis 7.0.15 answers.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

const std::string kNullReply{kNull};
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

class ExpiryCommands : public testing::Test {
 protected:
  ExpiryCommands() { run({"SET", "k", "v"}); }
  ~ExpiryCommands() override { runner_.store().check_invariants(); }

  std::string run(const std::vector<std::string>& arguments) { return runner_.run(arguments); }

  CommandRunner runner_;
};

TEST_F(ExpiryCommands, AKeyWithoutExpiryAndNoKeyAreToldApart) {
  for (const std::string command : {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}) {
    EXPECT_EQ(run({command, "k"}), integer(-1)) << command;
    EXPECT_EQ(run({command, "none"}), integer(-2)) << command;
  }
}

TEST_F(ExpiryCommands, EveryWayToSayTheTimeMeansTheSameTime) {
  const TimeMs at_ms = runner_.now_ms() + 90'000;
  const std::vector<std::vector<std::string>> requests = {{"EXPIRE", "k", "90"},
                                                          {"PEXPIRE", "k", "90000"},
                                                          {"EXPIREAT", "k", std::to_string(at_ms / 1000)},
                                                          {"PEXPIREAT", "k", std::to_string(at_ms)}};
  for (const auto& request : requests) {
    run({"PERSIST", "k"});
    EXPECT_EQ(run(request), integer(1));
    EXPECT_EQ(run({"TTL", "k"}), integer(90)) << request[0];
    EXPECT_EQ(run({"PTTL", "k"}), integer(90'000)) << request[0];
    EXPECT_EQ(run({"EXPIRETIME", "k"}), integer(at_ms / 1000)) << request[0];
    EXPECT_EQ(run({"PEXPIRETIME", "k"}), integer(at_ms)) << request[0];
  }
}

TEST_F(ExpiryCommands, TheKeyIsThereUntilItsTimeAndNotLonger) {
  run({"PEXPIRE", "k", "50"});
  runner_.advance_ms(49);
  EXPECT_EQ(run({"GET", "k"}), bulk("v"));
  runner_.advance_ms(1);
  EXPECT_EQ(run({"GET", "k"}), kNullReply);
  EXPECT_EQ(run({"TTL", "k"}), integer(-2));
  EXPECT_EQ(run({"EXPIRE", "k", "10"}), integer(0));
}

TEST_F(ExpiryCommands, SecondsAreRoundedToTheNearest) {
  run({"PEXPIRE", "k", "1499"});
  EXPECT_EQ(run({"TTL", "k"}), integer(1));
  run({"PEXPIRE", "k", "1500"});
  EXPECT_EQ(run({"TTL", "k"}), integer(2));
  run({"PEXPIRE", "k", "499"});
  EXPECT_EQ(run({"TTL", "k"}), integer(0));
}

TEST_F(ExpiryCommands, ATimeThatIsPastDeletesTheKey) {
  for (const std::vector<std::string>& request : std::vector<std::vector<std::string>>{{"EXPIRE", "k", "0"},
                                                                                       {"EXPIRE", "k", "-1"},
                                                                                       {"PEXPIRE", "k", "-100"},
                                                                                       {"EXPIREAT", "k", "1"},
                                                                                       {"PEXPIREAT", "k", "-1"}}) {
    run({"SET", "k", "v"});
    EXPECT_EQ(run(request), integer(1)) << request[0];
    EXPECT_EQ(run({"EXISTS", "k"}), integer(0)) << request[0];
    EXPECT_EQ(run({"DBSIZE"}), integer(0)) << request[0];
  }
}

TEST_F(ExpiryCommands, ConditionsCompareWithTheExpiryOfToday) {
  EXPECT_EQ(run({"EXPIRE", "k", "100", "XX"}), integer(0));
  EXPECT_EQ(run({"EXPIRE", "k", "100", "GT"}), integer(0));
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
  EXPECT_EQ(run({"EXPIRE", "k", "100", "LT"}), integer(1));
  EXPECT_EQ(run({"EXPIRE", "k", "200", "NX"}), integer(0));
  EXPECT_EQ(run({"EXPIRE", "k", "100", "GT"}), integer(0));
  EXPECT_EQ(run({"EXPIRE", "k", "100", "LT"}), integer(0));
  EXPECT_EQ(run({"EXPIRE", "k", "101", "xx", "gt"}), integer(1));
  EXPECT_EQ(run({"EXPIRE", "k", "50", "LT", "XX"}), integer(1));
  EXPECT_EQ(run({"TTL", "k"}), integer(50));
  EXPECT_EQ(run({"EXPIRE", "k", "-1", "GT"}), integer(0));
  EXPECT_EQ(run({"EXISTS", "k"}), integer(1));
  EXPECT_EQ(run({"EXPIRE", "k", "-1", "LT"}), integer(1));
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
  EXPECT_EQ(run({"EXPIRE", "none", "100", "NX", "NX"}), integer(0));
}

TEST_F(ExpiryCommands, ConditionsThatCannotHoldTogetherAreRefused) {
  const std::string nx = error("ERR NX and XX, GT or LT options at the same time are not compatible");
  const std::string gt_lt = error("ERR GT and LT options at the same time are not compatible");
  for (const std::string other : {"XX", "GT", "LT"}) EXPECT_EQ(run({"EXPIRE", "k", "10", other, "NX"}), nx) << other;
  EXPECT_EQ(run({"PEXPIREAT", "k", "10", "GT", "LT"}), gt_lt);
  EXPECT_EQ(run({"EXPIRE", "k", "10", "XX", "LT", "GT"}), gt_lt);
  EXPECT_EQ(run({"EXPIRE", "none", "abc", "Foo"}), error("ERR Unsupported option Foo"));
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
}

TEST_F(ExpiryCommands, TimesOutOfRangeAreToldWithTheCommandsName) {
  const auto invalid = [](const std::string& command) {
    return error("ERR invalid expire time in '" + command + "' command");
  };
  const std::string max = std::to_string(kMax);
  EXPECT_EQ(run({"EXPIRE", "k", max}), invalid("expire"));
  EXPECT_EQ(run({"EXPIRE", "k", "-9223372036854775808"}), invalid("expire"));
  EXPECT_EQ(run({"EXPIRE", "k", "9223372036854775"}), invalid("expire"));
  EXPECT_EQ(run({"PEXPIRE", "k", max}), invalid("pexpire"));
  EXPECT_EQ(run({"EXPIREAT", "k", max}), invalid("expireat"));
  EXPECT_EQ(run({"EXPIRE", "none", "abc"}), error("ERR value is not an integer or out of range"));
  EXPECT_EQ(run({"EXPIRE", "k", "+5"}), error("ERR value is not an integer or out of range"));
  EXPECT_EQ(run({"PEXPIREAT", "k", max}), integer(1));
  EXPECT_EQ(run({"PEXPIRETIME", "k"}), integer(kMax));
  EXPECT_EQ(run({"EXPIRETIME", "k"}), integer(9'223'372'036'854'776));
  EXPECT_EQ(run({"PEXPIRE", "k", "-9223372036854775808"}), integer(1));
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
}

TEST_F(ExpiryCommands, PersistRemovesAnExpiryOnce) {
  EXPECT_EQ(run({"PERSIST", "k"}), integer(0));
  run({"EXPIRE", "k", "1"});
  EXPECT_EQ(run({"PERSIST", "k"}), integer(1));
  EXPECT_EQ(run({"PERSIST", "k"}), integer(0));
  EXPECT_EQ(run({"PERSIST", "none"}), integer(0));
  runner_.advance_ms(2'000);
  EXPECT_EQ(run({"GET", "k"}), bulk("v"));
}

TEST_F(ExpiryCommands, ExpiredKeysLeaveWithoutBeingRead) {
  for (int i = 0; i < 1000; ++i) run({"SET", "short" + std::to_string(i), "v", "EX", "1"});
  EXPECT_EQ(run({"DBSIZE"}), integer(1001));
  runner_.advance_ms(1'000);
  runner_.maintain();
  EXPECT_EQ(run({"DBSIZE"}), integer(1));
}

// What listeners see of a key's life.
class Recorder final : public EventListener {
 public:
  EventMask mask() const override { return ~EventMask{0}; }
  void on_events(std::span<const Event> events) override {
    for (const Event& event : events) {
      if (!event.is_hidden) kinds_.push_back(event.kind);
    }
  }
  std::vector<EventKind> take() { return std::exchange(kinds_, {}); }

 private:
  std::vector<EventKind> kinds_;
};

TEST(ExpiryEvents, EachCommandTellsListenersWhatItDid) {
  Recorder recorder;
  CommandRunner runner;
  runner.store().add_listener(&recorder);
  using Kinds = std::vector<EventKind>;
  const auto events_of = [&](const std::vector<std::string>& request) {
    runner.run(request);
    return recorder.take();
  };
  EXPECT_EQ(events_of({"SET", "k", "1"}), Kinds{EventKind::kSet});
  EXPECT_EQ(events_of({"INCR", "k"}), Kinds{EventKind::kChanged});
  EXPECT_EQ(events_of({"APPEND", "k", "0"}), Kinds{EventKind::kChanged});
  EXPECT_EQ(events_of({"EXPIRE", "k", "10"}), Kinds{EventKind::kExpiryChanged});
  EXPECT_EQ(events_of({"GETEX", "k", "EX", "20"}), Kinds{EventKind::kExpiryChanged});
  EXPECT_EQ(events_of({"GETEX", "k"}), Kinds{});
  EXPECT_EQ(events_of({"PERSIST", "k"}), Kinds{EventKind::kExpiryChanged});
  EXPECT_EQ(events_of({"GETEX", "k", "PERSIST"}), Kinds{});
  EXPECT_EQ(events_of({"EXPIRE", "k", "-1"}), Kinds{EventKind::kDeleted});
  EXPECT_EQ(events_of({"MSET", "a", "1", "b", "2"}), (Kinds{EventKind::kSet, EventKind::kSet}));
  EXPECT_EQ(events_of({"DEL", "a", "none"}), Kinds{EventKind::kDeleted});
  EXPECT_EQ(events_of({"PEXPIRE", "b", "5"}), Kinds{EventKind::kExpiryChanged});
  runner.advance_ms(5);
  EXPECT_EQ(events_of({"GET", "b"}), Kinds{EventKind::kExpired});
}

}  // namespace
}  // namespace larder::test

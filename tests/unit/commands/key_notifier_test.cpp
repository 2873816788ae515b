// Keyspace notifications: what is published for what is done, as notify-keyspace-events says. The whole list is
// compared with Redis by tests/clients/keyspace_events.py.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "larder/commands/notify_flags.h"
#include "larder/store/held_shards.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

TEST(NotifyFlags, HaveOneCanonicalForm) {
  const auto canonical = [](std::string_view text) { return notify_flags_text(parse_notify_flags(text).value()); };
  EXPECT_EQ(canonical("KEA"), "AKE");
  EXPECT_EQ(canonical("mnE$g"), "g$nEm");
  EXPECT_EQ(canonical("g$lshzxetd"), "A");
  EXPECT_EQ(canonical("KEx"), "xKE");
  EXPECT_EQ(canonical("AKEnm"), "AnKEm");
  EXPECT_EQ(canonical(""), "");
  EXPECT_FALSE(parse_notify_flags("KEq").is_ok());
}

class KeyNotifications : public ::testing::Test {
 protected:
  KeyNotifications() {
    listener_.run({"HELLO", "3"});
    listener_.run({"PSUBSCRIBE", "__key*__:*"});
  }
  void set_flags(std::string_view text) { runner_.service().set_notify_flags(parse_notify_flags(text).value()); }
  // What is published for the command: "channel message" each.
  std::vector<std::string> told_of(const std::vector<std::string>& command) {
    runner_.run(command);
    return take_told();
  }
  std::vector<std::string> take_told() {
    runner_.pump();
    std::vector<std::string> told;
    const std::string output = listener_.take_output();
    std::size_t at = 0;
    const auto next_bulk = [&] {
      at = output.find('$', at);
      const std::size_t length = std::stoul(output.substr(at + 1));
      const std::size_t begin = output.find('\n', at) + 1;
      at = begin + length;
      return output.substr(begin, length);
    };
    while (output.find('>', at) != std::string::npos) {
      next_bulk();
      next_bulk();
      std::string channel = next_bulk();
      told.push_back(channel.substr(5) + " " + next_bulk());
    }
    return told;
  }

  using Told = std::vector<std::string>;
  CommandRunner runner_;
  TestClient& listener_ = runner_.new_client();
};

TEST_F(KeyNotifications, AreOffUntilTheyAreAskedFor) {
  EXPECT_EQ(told_of({"SET", "k", "v"}), Told{});
  set_flags("K$");
  EXPECT_EQ(told_of({"SET", "k", "v"}), Told{"space@0__:k set"});
  set_flags("$");
  EXPECT_EQ(told_of({"SET", "k", "v"}), Told{}) << "neither K nor E";
  set_flags("");
  EXPECT_EQ(told_of({"SET", "k", "v"}), Told{});
}

TEST_F(KeyNotifications, TellTheKeysChannelAndThenTheEvents) {
  set_flags("KEA");
  EXPECT_EQ(told_of({"SET", "k", "v", "EX", "10"}),
            (Told{"space@0__:k set", "event@0__:set k", "space@0__:k expire", "event@0__:expire k"}));
  EXPECT_EQ(told_of({"DEL", "k", "none"}), (Told{"space@0__:k del", "event@0__:del k"}));
}

TEST_F(KeyNotifications, NameWhatWasDone) {
  set_flags("EA");
  EXPECT_EQ(told_of({"APPEND", "k", "1"}), Told{"event@0__:append k"});
  EXPECT_EQ(told_of({"INCR", "k"}), Told{"event@0__:incrby k"});
  EXPECT_EQ(told_of({"INCRBYFLOAT", "k", "0.5"}), Told{"event@0__:incrbyfloat k"});
  EXPECT_EQ(told_of({"SETRANGE", "k", "0", "9"}), Told{"event@0__:setrange k"});
  EXPECT_EQ(told_of({"SETBIT", "k", "7", "0"}), Told{"event@0__:setbit k"});
  EXPECT_EQ(told_of({"EXPIRE", "k", "10"}), Told{"event@0__:expire k"});
  EXPECT_EQ(told_of({"PERSIST", "k"}), Told{"event@0__:persist k"});
  EXPECT_EQ(told_of({"COPY", "k", "c"}), Told{"event@0__:copy_to c"});
  EXPECT_EQ(told_of({"RENAME", "k", "r"}), (Told{"event@0__:rename_from k", "event@0__:rename_to r"}));
  EXPECT_EQ(told_of({"EXPIRE", "r", "-1"}), Told{"event@0__:del r"});
  EXPECT_EQ(told_of({"FLUSHALL"}), Told{});
}

TEST_F(KeyNotifications, TellOfNewKeysFirst) {
  set_flags("En$g");
  EXPECT_EQ(told_of({"SET", "k", "v"}), (Told{"event@0__:new k", "event@0__:set k"}));
  EXPECT_EQ(told_of({"SET", "k", "v"}), Told{"event@0__:set k"});
  EXPECT_EQ(told_of({"RENAME", "k", "r"}),
            (Told{"event@0__:new r", "event@0__:rename_from k", "event@0__:rename_to r"}));
}

TEST_F(KeyNotifications, TellOfExpiryAndMisses) {
  set_flags("Exm");
  runner_.run({"SET", "k", "v", "PX", "10"});
  runner_.advance_ms(20);
  EXPECT_EQ(told_of({"GET", "k"}), (Told{"event@0__:expired k", "event@0__:keymiss k"}));
  EXPECT_EQ(told_of({"MGET", "a", "b"}), (Told{"event@0__:keymiss a", "event@0__:keymiss b"}));
  EXPECT_EQ(told_of({"EXISTS", "a"}), Told{"event@0__:keymiss a"});
  EXPECT_EQ(told_of({"INCR", "n"}), Told{});
  EXPECT_EQ(told_of({"OBJECT", "ENCODING", "a"}), Told{});
  runner_.run({"SELECT", "2"});
  runner_.run({"SET", "k", "v", "PX", "10"});
  runner_.advance_ms(20);
  runner_.maintain();
  EXPECT_EQ(take_told(), Told{"event@2__:expired k"});
}

TEST_F(KeyNotifications, SayNothingOfNegativeItemsButThatAValueIsGone) {
  set_flags("EAnm");
  EXPECT_EQ(told_of({"SET", "k", "", "NEGATIVE", "PX", "10"}), Told{});
  EXPECT_EQ(told_of({"SET", "k", "", "NEGATIVE", "PX", "10"}), Told{});
  runner_.advance_ms(10);
  runner_.maintain();
  EXPECT_EQ(take_told(), Told{});
  EXPECT_EQ(told_of({"SET", "k", "", "NEGATIVE"}), Told{});
  EXPECT_EQ(told_of({"SET", "k", "v"}), (Told{"event@0__:new k", "event@0__:set k"}));
  EXPECT_EQ(told_of({"SET", "k", "", "NEGATIVE", "EX", "10"}), Told{"event@0__:del k"});
  EXPECT_EQ(told_of({"DEL", "k"}), Told{});
  EXPECT_EQ(told_of({"DEL", "k"}), Told{});
}

TEST_F(KeyNotifications, SayNothingOfTheEvictionOfANegativeItem) {
  CommandRunner small({.maxitems = 1});
  TestClient& listener = small.new_client();
  small.service().set_notify_flags(parse_notify_flags("EA").value());
  listener.run({"SUBSCRIBE", "__keyevent@0__:evicted"});
  small.run({"SET", "first", "", "NEGATIVE"});
  small.run({"SET", "second", "v"});
  small.pump();
  EXPECT_EQ(listener.take_output(), "");
}

// Whoever is told may be anybody: his locks are not waited for while a shard is held.
TEST_F(KeyNotifications, TellOfMissesInsideATransactionOnceNothingIsHeld) {
  set_flags("Em$");
  runner_.run({"MULTI"});
  runner_.run({"GET", "a"});
  runner_.run({"SET", "b", "v"});
  runner_.run({"MGET", "b", "c"});
  bool held = false;
  runner_.port().on_post = [&] { held = held || HeldShards::of(runner_.store()) != nullptr; };
  EXPECT_EQ(told_of({"EXEC"}), (Told{"event@0__:set b", "event@0__:keymiss a", "event@0__:keymiss c"}));
  EXPECT_FALSE(held);
}

TEST_F(KeyNotifications, TellOfEviction) {
  CommandRunner small({.maxitems = 1});
  TestClient& listener = small.new_client();
  small.service().set_notify_flags(parse_notify_flags("Ee").value());
  listener.run({"SUBSCRIBE", "__keyevent@0__:evicted"});
  small.run({"SET", "first", "v"});
  small.run({"SET", "second", "v"});
  small.pump();
  EXPECT_EQ(listener.take_output(), array({bulk("message"), bulk("__keyevent@0__:evicted"), bulk("first")}));
}

}  // namespace
}  // namespace larder::test

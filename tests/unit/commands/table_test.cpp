// Every row of the command table is whole and agrees with itself.
#include "commands/command_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "commands/command_docs.h"
#include "commands/command_syntax.h"
#include "larder/base/text.h"
#include "larder/commands/command_service.h"

namespace larder {
namespace {

class EveryCommand : public ::testing::TestWithParam<FoundCommand> {
 protected:
  const FoundCommand& command() const { return GetParam(); }
  const CommandSpec& spec() const { return *GetParam().spec; }
  std::string name() const { return CommandTable::full_name(GetParam()); }
  bool is_container() const { return spec().function == nullptr; }
};

TEST_P(EveryCommand, IsFoundByItsNameInAnyCase) {
  const CommandTable& table = CommandTable::instance();
  EXPECT_EQ(table.find_full_name(name()).spec, &spec());
  EXPECT_EQ(table.find_full_name(to_upper(name())).spec, &spec());
  EXPECT_EQ(table.find_full_name(name()).index, command().index);
  EXPECT_EQ(table.all()[command().index].spec, &spec());
}

TEST_P(EveryCommand, HasALowerCaseName) {
  EXPECT_FALSE(spec().name.empty());
  EXPECT_EQ(std::string(spec().name), to_lower(spec().name));
}

TEST_P(EveryCommand, DoesSomethingOrHasSubcommandsThatDo) {
  EXPECT_TRUE(spec().function != nullptr || !spec().subcommands.empty());
}

TEST_P(EveryCommand, IsDocumented) {
  constexpr std::array<std::string_view, 7> kGroups = {"bitmap", "connection", "generic",     "pubsub",
                                                       "server", "string",     "transactions"};
  EXPECT_NE(std::find(kGroups.begin(), kGroups.end(), spec().group), kGroups.end()) << spec().group;
  EXPECT_FALSE(spec().since.empty());
  EXPECT_FALSE(spec().complexity.empty());
  EXPECT_FALSE(spec().summary.empty());
  EXPECT_NE(spec().summary.back(), '.') << "a summary is a title";
}

TEST_P(EveryCommand, HasASyntaxThatFitsItsArity) {
  const auto arguments = parse_syntax(spec().syntax);
  ASSERT_TRUE(arguments.is_ok()) << arguments.status().message();
  if (is_container()) {
    EXPECT_EQ(spec().arity, -2);
    EXPECT_TRUE(arguments.value().empty()) << "its subcommands have the arguments";
    return;
  }
  const ArgumentCount count = count_arguments(arguments.value());
  const int words = count.min + (command().container != nullptr ? 2 : 1);
  // QUIT takes arguments without a word, as Redis's does.
  if (spec().arity < 0 && !count.varies && name() != "quit" && spec().subcommands.empty()) {
    ADD_FAILURE() << "arity " << spec().arity << " says that more may follow, the syntax does not";
  }
  EXPECT_EQ(std::abs(spec().arity), words);
  if (spec().arity > 0) {
    EXPECT_FALSE(count.varies) << "the syntax says that more may follow, the arity does not";
  }
}

TEST_P(EveryCommand, HasFlagsThatAgree) {
  const std::uint32_t flags = spec().flags;
  EXPECT_FALSE((flags & kWrite) != 0 && (flags & kReadOnly) != 0);
  if ((flags & kDenyOom) != 0) {
    EXPECT_NE(flags & kWrite, 0U);
  }
  // As Redis's: WATCH neither reads nor writes its keys.
  if (spec().keys.first != 0 && name() != "watch") {
    EXPECT_NE(flags & (kWrite | kReadOnly), 0U) << "keys are read or written";
  }
}

TEST_P(EveryCommand, HasCategoriesThatAgreeWithItsFlags) {
  const auto in = [this](std::string_view category) { return has_acl_category(spec(), category); };
  EXPECT_NE(in("fast"), in("slow"));
  EXPECT_EQ(in("fast"), (spec().flags & kFast) != 0);
  EXPECT_EQ(in("admin"), (spec().flags & kAdmin) != 0);
  EXPECT_EQ(in("write"), (spec().flags & kWrite) != 0);
  if (in("read")) {
    EXPECT_NE(spec().flags & kReadOnly, 0U);
  }
}

TEST_P(EveryCommand, HasKeysWhereItsSyntaxHasKeys) {
  const KeySpec& keys = spec().keys;
  if (keys.first == 0) {
    EXPECT_EQ(keys.last, 0);
    EXPECT_EQ(keys.step, 0);
  } else {
    EXPECT_GT(keys.first, 0);
    EXPECT_GT(keys.step, 0);
    EXPECT_TRUE(keys.last < 0 || keys.last >= keys.first);
  }
  const auto arguments = parse_syntax(spec().syntax);
  ASSERT_TRUE(arguments.is_ok());
  const auto is_key = [](const ArgumentNode& node) {
    return node.type == ArgumentType::kKey || (!node.children.empty() && node.children[0].type == ArgumentType::kKey);
  };
  EXPECT_EQ(std::any_of(arguments.value().begin(), arguments.value().end(), is_key), keys.first != 0);
}

std::vector<FoundCommand> all_commands() {
  const auto all = CommandTable::instance().all();
  return {all.begin(), all.end()};
}

std::string test_name(const ::testing::TestParamInfo<FoundCommand>& info) {
  std::string name = CommandTable::full_name(info.param);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '|' || c == '-'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(CommandTable, EveryCommand, ::testing::ValuesIn(all_commands()), test_name);

TEST(CommandTable, HasEachNameOnceInOrder) {
  std::set<std::string> names;
  std::string last;
  for (const FoundCommand& command : CommandTable::instance().all()) {
    const std::string name = CommandTable::full_name(command);
    EXPECT_TRUE(names.insert(name).second) << name << " is there twice";
    EXPECT_LT(last, name);
    last = name;
  }
  EXPECT_EQ(names.size(), command_count());
}

TEST(CommandTable, FindsNothingForOtherNames) {
  const CommandTable& table = CommandTable::instance();
  for (const std::string_view name : {"", "ge", "gett", "client|id", "g\x05t", "GET "}) {
    EXPECT_FALSE(table.find(name)) << name;
  }
  EXPECT_FALSE(table.find(std::string(1'000'000, 'x')));
  EXPECT_FALSE(table.find_subcommand(*table.find("client").spec, "get"));
  EXPECT_FALSE(table.find_full_name("get|set"));
}

TEST(CommandTable, HasTheCommandsPromised) {
  for (const std::string_view name : {"ping",
                                      "echo",
                                      "quit",
                                      "reset",
                                      "hello",
                                      "auth",
                                      "select",
                                      "client|id",
                                      "client|info",
                                      "client|list",
                                      "client|setname",
                                      "client|getname",
                                      "client|setinfo",
                                      "client|kill",
                                      "client|no-evict",
                                      "client|no-touch",
                                      "client|reply",
                                      "client|help",
                                      "command",
                                      "command|count",
                                      "command|list",
                                      "command|info",
                                      "command|docs",
                                      "command|getkeys",
                                      "info",
                                      "config|get",
                                      "config|set",
                                      "config|resetstat",
                                      "dbsize",
                                      "flushdb",
                                      "flushall",
                                      "time",
                                      "set",
                                      "get",
                                      "setex",
                                      "psetex",
                                      "setnx",
                                      "getset",
                                      "getdel",
                                      "getex",
                                      "mget",
                                      "mset",
                                      "msetnx",
                                      "strlen",
                                      "incr",
                                      "decr",
                                      "incrby",
                                      "decrby",
                                      "incrbyfloat",
                                      "append",
                                      "del",
                                      "unlink",
                                      "exists",
                                      "type",
                                      "ttl",
                                      "pttl",
                                      "expire",
                                      "pexpire",
                                      "expireat",
                                      "pexpireat",
                                      "expiretime",
                                      "pexpiretime",
                                      "persist",
                                      "touch",
                                      "scan",
                                      "keys",
                                      "randomkey",
                                      "object|encoding",
                                      "object|freq",
                                      "object|idletime",
                                      "object|refcount",
                                      "object|help",
                                      "memory|usage",
                                      "memory|stats",
                                      "memory|doctor",
                                      "memory|malloc-stats",
                                      "memory|purge",
                                      "memory|help",
                                      "multi",
                                      "exec",
                                      "discard",
                                      "watch",
                                      "unwatch"}) {
    EXPECT_TRUE(CommandTable::instance().find_full_name(name)) << name;
  }
}

TEST(KeyPositions, CountFromTheEndWhereLastIsNegative) {
  using Positions = std::vector<std::size_t>;
  const std::array<std::string_view, 5> words = {"command", "1", "2", "3", "4"};
  const auto first = [&](std::size_t argc) { return std::span(words).first(argc); };
  EXPECT_EQ(key_positions({0, 0, 0}, first(5)), Positions());
  EXPECT_EQ(key_positions({1, 1, 1}, first(3)), Positions({1}));
  EXPECT_EQ(key_positions({1, -1, 1}, first(4)), Positions({1, 2, 3}));
  EXPECT_EQ(key_positions({1, -1, 2}, first(5)), Positions({1, 3}));
}

TEST(KeyPositions, AreAsManyAsTheArgumentsSay) {
  const KeySpec keys{.first = 2, .last = -1, .step = 2, .number_at = 1};
  const auto positions = [&](std::string_view number) {
    const std::array<std::string_view, 7> words = {"command", number, "a", "1", "b", "2", "NX"};
    return key_positions(keys, words);
  };
  EXPECT_EQ(positions("1"), std::vector<std::size_t>({2}));
  EXPECT_EQ(positions("2"), std::vector<std::size_t>({2, 4}));
  for (const std::string_view bad : {"0", "-1", "4", "x", "", "9223372036854775807"}) {
    EXPECT_EQ(positions(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace larder

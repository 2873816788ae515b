#include "commands/command_syntax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

// The tree as text: name:type, then =TOKEN, ? optional, + multiple, and the children in braces.
std::string describe(const std::vector<ArgumentNode>& arguments) {
  std::string text;
  for (const ArgumentNode& argument : arguments) {
    if (!text.empty()) text += ' ';
    text += argument.name + ':';
    text += argument_type_name(argument.type);
    if (!argument.token.empty()) text += '=' + argument.token;
    if (argument.optional) text += '?';
    if (argument.multiple) text += '+';
    if (!argument.children.empty()) text += '{' + describe(argument.children) + '}';
  }
  return text;
}

std::string parsed(std::string_view syntax) {
  const auto arguments = parse_syntax(syntax);
  return arguments.is_ok() ? describe(arguments.value()) : "error: " + arguments.status().message();
}

TEST(Syntax, NothingIsNoArguments) {
  EXPECT_EQ(parsed(""), "");
}

TEST(Syntax, TypesFollowFromNames) {
  EXPECT_EQ(parsed("key seconds value"), "key:key seconds:integer value:string");
  EXPECT_EQ(parsed("pattern unix-time-seconds newkey"), "pattern:pattern unix-time-seconds:unix-time newkey:key");
}

TEST(Syntax, ATypeMayBeStated) {
  EXPECT_EQ(parsed("key increment:double"), "key:key increment:double");
}

TEST(Syntax, AColonIsPartOfANameUnlessATypeFollows) {
  EXPECT_EQ(parsed("ip:port"), "ip:port:string");
}

TEST(Syntax, ATokenStandsAloneOrHasAnArgument) {
  EXPECT_EQ(parsed("[GET]"), "get:pure-token=GET?");
  EXPECT_EQ(parsed("[MATCH pattern]"), "pattern:pattern=MATCH?");
  EXPECT_EQ(parsed("[AUTH username password]"), "username_password:block=AUTH?{username:string password:string}");
  EXPECT_EQ(parsed("[TYPE (NORMAL | MASTER)]"),
            "normal_master:oneof=TYPE?{normal:pure-token=NORMAL master:pure-token=MASTER}");
}

TEST(Syntax, ChoicesAreOneOf) {
  EXPECT_EQ(parsed("(ON | OFF)"), "on_off:oneof{on:pure-token=ON off:pure-token=OFF}");
  EXPECT_EQ(parsed("[EX seconds | KEEPTTL]"), "seconds_keepttl:oneof?{seconds:integer=EX keepttl:pure-token=KEEPTTL}");
}

TEST(Syntax, ARepeatedGroupMarksWhatItRepeats) {
  EXPECT_EQ(parsed("key [key ...]"), "key:key+");
  EXPECT_EQ(parsed("key value [key value ...]"), "key_value:block+{key:key value:string}");
  EXPECT_EQ(parsed("[ID client-id [client-id ...]]"), "client-id:integer=ID?+");
  EXPECT_EQ(parsed("[section ...]"), "section:string?+");
  EXPECT_EQ(parsed("(A a | B b ...)"), "a_b:oneof+{a:string=A b:string=B}");
}

TEST(Syntax, GroupsNest) {
  EXPECT_EQ(parsed("[protover [AUTH user] [SETNAME name]]"),
            "protover_user_name:block?{protover:integer user:string=AUTH? name:string=SETNAME?}");
}

TEST(Syntax, SaysWhatDoesNotFit) {
  EXPECT_EQ(parsed("key [GET"), "error: ']' is missing before ''");
  EXPECT_EQ(parsed("(ON | OFF]"), "error: ')' is missing before ']'");
  EXPECT_EQ(parsed("key ]"), "error: ']' has no beginning");
  EXPECT_EQ(parsed("(ON | )"), "error: a choice is empty before ')'");
  EXPECT_EQ(parsed("[]"), "error: a choice is empty before ']'");
}

TEST(Syntax, CountsTheFewestWords) {
  const auto count = [](std::string_view syntax) { return count_arguments(parse_syntax(syntax).value()); };
  EXPECT_EQ(count("key value").min, 2);
  EXPECT_FALSE(count("key value").varies);
  EXPECT_EQ(count("key [key ...]").min, 1);
  EXPECT_TRUE(count("key [key ...]").varies);
  EXPECT_EQ(count("(ON | OFF)").min, 1);
  EXPECT_FALSE(count("(ON | OFF)").varies);
  EXPECT_EQ(count("(LIB-NAME name | LIB-VER version)").min, 2);
  EXPECT_EQ(count("key [GET] [EX seconds]").min, 1);
  EXPECT_EQ(count("DB destination-db REPLACE").min, 3);
}

}  // namespace
}  // namespace larder

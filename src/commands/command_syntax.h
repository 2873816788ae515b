// The arguments of a command as a tree, read from the `syntax` text of its row; COMMAND DOCS prints the tree, and the
// table's test checks arities against it. One notation, so that a row says its arguments once.
//
// GRAMMAR
//   arguments   = { item }
//   item        = TOKEN { name | group }      a word in capitals, with the arguments that belong to it
//               | name [ ":" type ]           a word in small letters
//               | "(" choices ")"             exactly one of the choices
//               | "[" choices "]"             the same, or nothing
//   choices     = arguments { "|" arguments } [ "..." ]
//
// "..." at the end of a group: it may come again. "[key value ...]" right behind "key value" does not add arguments but
// says that those may come again. A name's type follows from the name ("seconds" is an integer, "pattern" a pattern,
// "key" a key); "increment:double" states another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "larder/base/status.h"

namespace larder {

enum class ArgumentType { kString, kKey, kInteger, kDouble, kPattern, kUnixTime, kPureToken, kOneOf, kBlock };

// As COMMAND DOCS writes it: "string", "pure-token", ...
std::string_view argument_type_name(ArgumentType type);

struct ArgumentNode {
  std::string name;
  ArgumentType type = ArgumentType::kString;
  std::string token;  // empty: none
  bool optional = false;
  bool multiple = false;
  std::vector<ArgumentNode> children;  // of kOneOf and kBlock

  bool operator==(const ArgumentNode&) const = default;
};

// Errors: kInvalidArgument; the message says where the text stops making sense.
Result<std::vector<ArgumentNode>> parse_syntax(std::string_view syntax);

// The fewest words such arguments take, and whether they may take more.
struct ArgumentCount {
  int min = 0;
  bool varies = false;
};
ArgumentCount count_arguments(const std::vector<ArgumentNode>& arguments);

}  // namespace larder

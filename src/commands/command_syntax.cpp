#include "commands/command_syntax.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "larder/base/text.h"

namespace larder {

namespace {

using Nodes = std::vector<ArgumentNode>;

constexpr std::string_view kRepeat = "...";

struct NamedType {
  std::string_view name;
  ArgumentType type;
};

constexpr std::array<NamedType, 9> kTypes = {{{"string", ArgumentType::kString},
                                              {"key", ArgumentType::kKey},
                                              {"integer", ArgumentType::kInteger},
                                              {"double", ArgumentType::kDouble},
                                              {"pattern", ArgumentType::kPattern},
                                              {"unix-time", ArgumentType::kUnixTime},
                                              {"pure-token", ArgumentType::kPureToken},
                                              {"oneof", ArgumentType::kOneOf},
                                              {"block", ArgumentType::kBlock}}};

// Names that are not plain strings.
constexpr std::array<NamedType, 24> kNames = {{{"key", ArgumentType::kKey},
                                               {"newkey", ArgumentType::kKey},
                                               {"destkey", ArgumentType::kKey},
                                               {"source", ArgumentType::kKey},
                                               {"destination", ArgumentType::kKey},
                                               {"pattern", ArgumentType::kPattern},
                                               {"unix-time-seconds", ArgumentType::kUnixTime},
                                               {"unix-time-milliseconds", ArgumentType::kUnixTime},
                                               {"seconds", ArgumentType::kInteger},
                                               {"milliseconds", ArgumentType::kInteger},
                                               {"limit-milliseconds", ArgumentType::kInteger},
                                               {"increment", ArgumentType::kInteger},
                                               {"decrement", ArgumentType::kInteger},
                                               {"count", ArgumentType::kInteger},
                                               {"cursor", ArgumentType::kInteger},
                                               {"index", ArgumentType::kInteger},
                                               {"protover", ArgumentType::kInteger},
                                               {"client-id", ArgumentType::kInteger},
                                               {"offset", ArgumentType::kInteger},
                                               {"start", ArgumentType::kInteger},
                                               {"end", ArgumentType::kInteger},
                                               {"numkeys", ArgumentType::kInteger},
                                               {"destination-db", ArgumentType::kInteger},
                                               {"bit", ArgumentType::kInteger}}};

template <std::size_t n>
std::optional<ArgumentType> find_type(const std::array<NamedType, n>& table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [name](const NamedType& row) { return row.name == name; });
  if (found == table.end()) return {};
  return found->type;
}

bool is_special(char c) {
  return c == '(' || c == ')' || c == '[' || c == ']' || c == '|';
}

// A token has letters, none of them small.
bool is_token(std::string_view word) {
  const auto small = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return std::none_of(word.begin(), word.end(), small) && std::any_of(word.begin(), word.end(), capital);
}

// A name for what the notation leaves without one: those of its parts.
std::string joined_name(const Nodes& parts) {
  std::string name;
  for (const ArgumentNode& part : parts) {
    if (!name.empty()) name += '_';
    name += part.name;
  }
  return name;
}

// Several arguments as one node.
ArgumentNode as_one(Nodes arguments) {
  if (arguments.size() == 1) return std::move(arguments.front());
  ArgumentNode block;
  block.type = ArgumentType::kBlock;
  block.name = joined_name(arguments);
  block.children = std::move(arguments);
  return block;
}

class SyntaxParser {
 public:
  explicit SyntaxParser(std::string_view text) : text_(text) { advance(); }

  Result<Nodes> parse() {
    Nodes arguments;
    if (!read_arguments(arguments)) return Status::invalid(error_);
    if (!word_.empty()) return Status::invalid("'" + std::string(word_) + "' has no beginning");
    return arguments;
  }

 private:
  // The next word: one of ()[]| or letters up to a blank or one of those. Empty: the end.
  void advance() {
    at_ = std::min(text_.find_first_not_of(' ', at_), text_.size());
    std::size_t end = at_;
    if (end < text_.size() && is_special(text_[end])) {
      ++end;
    } else {
      while (end < text_.size() && text_[end] != ' ' && !is_special(text_[end])) ++end;
    }
    word_ = text_.substr(at_, end - at_);
    at_ = end;
  }

  bool at_plain_word() const { return !word_.empty() && !is_special(word_.front()) && word_ != kRepeat; }
  bool at_group() const { return word_ == "(" || word_ == "["; }

  bool fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
    return false;
  }

  bool read_arguments(Nodes& arguments) {
    while (at_plain_word() || at_group()) {
      if (at_plain_word() && is_token(word_)) {
        if (!read_token(arguments)) return false;
      } else if (!read_item(arguments)) {
        return false;
      }
    }
    return true;
  }

  // A token and what belongs to it: the names and groups up to the next token.
  bool read_token(Nodes& arguments) {
    const std::string token(word_);
    advance();
    Nodes values;
    while ((at_plain_word() && !is_token(word_)) || word_ == "(" || (at_group() && !values.empty())) {
      if (!read_item(values)) return false;
    }
    ArgumentNode node;
    if (values.empty()) {
      node.type = ArgumentType::kPureToken;
      node.name = to_lower(token);
    } else {
      node = as_one(std::move(values));
    }
    node.token = token;
    arguments.push_back(std::move(node));
    return true;
  }

  bool read_item(Nodes& arguments) {
    if (at_group()) return read_group(arguments);
    const std::size_t colon = word_.find(':');
    const auto stated = colon == std::string_view::npos ? std::nullopt : find_type(kTypes, word_.substr(colon + 1));
    ArgumentNode node;
    node.name = stated ? word_.substr(0, colon) : word_;
    node.type = stated ? *stated : find_type(kNames, node.name).value_or(ArgumentType::kString);
    arguments.push_back(std::move(node));
    advance();
    return true;
  }

  bool read_group(Nodes& arguments) {
    const bool optional = word_ == "[";
    const std::string_view closing = optional ? "]" : ")";
    advance();
    std::vector<Nodes> choices;
    bool repeats = false;
    do {
      if (!choices.empty()) advance();  // the bar
      if (!read_arguments(choices.emplace_back())) return false;
      if (choices.back().empty()) return fail("a choice is empty before '" + std::string(word_) + "'");
    } while (word_ == "|");
    if (word_ == kRepeat) {
      repeats = true;
      advance();
    }
    if (word_ != closing) return fail("'" + std::string(closing) + "' is missing before '" + std::string(word_) + "'");
    advance();
    if (optional && repeats && choices.size() == 1 && mark_repeated(arguments, choices.front())) return true;
    arguments.push_back(group_node(std::move(choices), optional, repeats));
    return true;
  }

  static ArgumentNode group_node(std::vector<Nodes> choices, bool optional, bool repeats) {
    ArgumentNode node;
    if (choices.size() == 1) {
      node = as_one(std::move(choices.front()));
    } else {
      node.type = ArgumentType::kOneOf;
      for (Nodes& choice : choices) node.children.push_back(as_one(std::move(choice)));
      node.name = joined_name(node.children);
    }
    node.optional = node.optional || optional;
    node.multiple = node.multiple || repeats;
    return node;
  }

  // "key value [key value ...]": makes the end of `arguments` one repeated argument. False if it is not the same.
  static bool mark_repeated(Nodes& arguments, const Nodes& repeated) {
    if (arguments.size() < repeated.size()) return false;
    const auto begin = arguments.end() - static_cast<std::ptrdiff_t>(repeated.size());
    if (!std::equal(begin, arguments.end(), repeated.begin(), repeated.end())) return false;
    arguments.erase(begin, arguments.end());
    ArgumentNode node = as_one(repeated);
    node.multiple = true;
    arguments.push_back(std::move(node));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view word_;
  std::string error_;
};

ArgumentCount count_node(const ArgumentNode& node) {
  ArgumentCount count;
  if (node.type == ArgumentType::kOneOf) {
    count = count_arguments({node.children.front()});
    for (const ArgumentNode& child : node.children) {
      const ArgumentCount other = count_arguments({child});
      count.varies = count.varies || other.varies || other.min != count.min;
      count.min = std::min(count.min, other.min);
    }
  } else if (node.type == ArgumentType::kBlock) {
    count = count_arguments(node.children);
  } else {
    count.min = node.type == ArgumentType::kPureToken ? 0 : 1;
  }
  if (!node.token.empty()) ++count.min;
  if (node.optional) count.min = 0;
  count.varies = count.varies || node.optional || node.multiple;
  return count;
}

}  // namespace

std::string_view argument_type_name(ArgumentType type) {
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [type](const NamedType& row) { return row.type == type; });
  return found->name;
}

Result<std::vector<ArgumentNode>> parse_syntax(std::string_view syntax) {
  return SyntaxParser(syntax).parse();
}

ArgumentCount count_arguments(const std::vector<ArgumentNode>& arguments) {
  ArgumentCount sum;
  for (const ArgumentNode& argument : arguments) {
    const ArgumentCount count = count_node(argument);
    sum.min += count.min;
    sum.varies = sum.varies || count.varies;
  }
  return sum;
}

}  // namespace larder

// Makes up requests from the command table: a command, and arguments that its syntax allows, with a mistake now and
// then. Few different keys and words, so that commands meet what others have left.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/command_syntax.h"
#include "commands/command_table.h"
#include "support/choices.h"

namespace larder::test {

class RequestMaker {
 public:
  explicit RequestMaker(Choices& choices) : choices_(choices) {}

  // A request for that command, an index of the table.
  std::vector<std::string> make(std::size_t command);

 private:
  bool one_in(std::uint64_t n) { return choices_.below(n) == 0; }
  void add_arguments(const std::vector<ArgumentNode>& nodes);
  void add_argument(const ArgumentNode& node);
  std::string any_value(const ArgumentNode& node);
  std::string any_key();
  std::string any_number();
  std::string any_string();
  std::string any_bytes();
  void make_a_mistake();

  Choices& choices_;
  std::vector<std::string> request_;
};

}  // namespace larder::test

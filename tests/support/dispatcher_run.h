// A whole command layer under random requests of several clients, with little memory, time that goes by and settings
// that change. What it checks: replies are whole and well-formed, and the store's invariants hold.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "support/choices.h"
#include "support/command_runner.h"
#include "support/request_maker.h"

namespace larder::test {

// Whether it is a request for that command, well-formed or not.
bool names(const std::vector<std::string>& request, const FoundCommand& command);
// False: the bytes are not a row of whole RESP values.
bool are_whole_replies(std::string_view bytes);

class DispatcherRun {
 public:
  explicit DispatcherRun(Choices& choices);

  void step();
  // What waits is answered, and everything is looked at. Stops the process if something does not hold.
  void finish();
  // The last one that was sent.
  const std::vector<std::string>& request() const { return request_; }

  // Bytes for ByteChoices with which the first request is one for that command, and some more follow.
  static std::string seed_for(std::size_t command);

 private:
  static RunnerOptions options_from(Choices& choices);
  void take(std::size_t client, std::string_view output);
  void send_request();
  void send_pipeline();
  void send_bytes();
  void change_settings();

  Choices& choices_;
  CommandRunner runner_;
  RequestMaker maker_;
  std::vector<TestClient*> clients_;
  std::vector<std::string> request_;
  std::size_t steps_ = 0;
  std::size_t clients_replaced_ = 0;
};

}  // namespace larder::test

// Every command inside EXEC: whatever it needs of the store is held when it runs. The requests of the golden vectors,
// one transaction each, over several shards.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "commands/command_table.h"
#include "commands/transaction.h"
#include "larder/base/text.h"
#include "larder/protocol/resp_parser.h"
#include "support/command_runner.h"
#include "support/vectors.h"

namespace larder {
namespace {

using test::CommandRunner;
using test::TestClient;

// Calls `use(bytes, name)` for each request that the bytes hold, as far as they can be understood and none is large.
template <class Use>
void for_each_request(std::string_view bytes, Use&& use) {
  RespParser parser;
  Request request;
  while (!bytes.empty()) {
    const ParseResult parsed = parser.parse(bytes, request);
    if (parsed.state != ParseResult::State::kRequest) return;
    use(std::string(bytes.substr(0, parsed.consumed)), to_lower(request[0]));
    bytes.remove_prefix(parsed.consumed);
    request.clear();
  }
}

TEST(EveryCommandInATransaction, FindsWhatItNeedsOfTheStoreHeld) {
  const auto vectors = test::load_all_vectors(LARDER_SOURCE_DIR "/protocol/vectors");
  ASSERT_TRUE(vectors.is_ok()) << vectors.status().message();
  CommandRunner runner({.shards = 16});
  std::set<std::string> executed;
  for (const test::Vector& vector : vectors.value()) {
    SCOPED_TRACE(vector.title());
    TestClient* client = &runner.new_client();
    for_each_request(vector.request, [&](const std::string& bytes, const std::string& name) {
      if (client->closed()) client = &runner.new_client();
      const std::string reply = client->send("MULTI\r\n" + bytes + "EXEC\r\n");
      runner.run({"CLIENT", "UNPAUSE"});
      if (client->closed()) return;
      EXPECT_FALSE(client->session().parked()) << bytes;
      if (reply.find("+QUEUED\r\n*1\r\n") != std::string::npos) executed.insert(name);
    });
  }
  runner.store().check_invariants();
  for (const FoundCommand& command : CommandTable::instance().all()) {
    if (command.container != nullptr || command.spec->immediate || !may_be_queued(*command.spec)) continue;
    EXPECT_TRUE(executed.contains(std::string(command.spec->name))) << command.spec->name << " was not executed";
  }
}

}  // namespace
}  // namespace larder

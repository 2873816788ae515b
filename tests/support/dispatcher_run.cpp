#include "support/dispatcher_run.h"

#include <algorithm>
#include <cstdio>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/base/text.h"
#include "larder/policy/policy_kind.h"

namespace larder::test {

namespace {

constexpr std::size_t kClients = 3;
constexpr std::size_t kClientsMax = 64;  // one that was closed is replaced, so many times in all
constexpr std::size_t kStepsBetweenChecks = 16;
constexpr int kDatabases = 3;
constexpr std::string_view kLineEnd = "\r\n";
constexpr int kDepthMax = 16;
// One of the words that requests are made of.
constexpr std::string_view kPassword = "b";

// Takes a whole value off the front. False: there is none.
bool take_value(std::string_view& bytes, int depth) {
  const std::size_t end = bytes.find(kLineEnd);
  if (end == std::string_view::npos || end == 0 || depth > kDepthMax) return false;
  const char type = bytes[0];
  const std::string_view header = bytes.substr(1, end - 1);
  bytes.remove_prefix(end + kLineEnd.size());
  if (std::string_view("+-:_,#(").find(type) != std::string_view::npos) return true;
  const auto length = parse_int64(header);
  if (!length || *length < -1) return false;
  if (*length == -1) return type == '$' || type == '*';
  const auto size = static_cast<std::size_t>(*length);
  if (type == '$' || type == '=' || type == '!') {
    if (bytes.size() < size + kLineEnd.size() || bytes.substr(size, kLineEnd.size()) != kLineEnd) return false;
    bytes.remove_prefix(size + kLineEnd.size());
    return true;
  }
  if (std::string_view("*~>%").find(type) == std::string_view::npos) return false;
  for (std::size_t i = 0; i < (type == '%' ? 2 * size : size); ++i) {
    if (!take_value(bytes, depth + 1)) return false;
  }
  return true;
}

}  // namespace

bool names(const std::vector<std::string>& request, const FoundCommand& command) {
  const CommandTable& table = CommandTable::instance();
  const FoundCommand found = table.find(request[0]);
  if (command.container == nullptr) return found.spec == command.spec;
  return found.spec == command.container && request.size() > 1 &&
         table.find_subcommand(*found.spec, request[1]).spec == command.spec;
}

bool are_whole_replies(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!take_value(bytes, 0)) return false;
  }
  return true;
}

RunnerOptions DispatcherRun::options_from(Choices& choices) {
  RunnerOptions options{.shards = 1u << (2 * choices.below(2)), .databases = kDatabases};
  options.policy = kPolicyKinds[choices.below(kPolicyKinds.size())];
  options.maxmemory_bytes = choices.below(2) == 0 ? 4 << 20 : 2 << 20;
  options.maxitems = choices.below(2) == 0 ? 0 : 1 + choices.below(50);
  return options;
}

DispatcherRun::DispatcherRun(Choices& choices) : choices_(choices), runner_(options_from(choices)), maker_(choices) {
  clients_.push_back(&runner_.client());
  while (clients_.size() < kClients) clients_.push_back(&runner_.new_client());
}

std::string DispatcherRun::seed_for(std::size_t command) {
  constexpr std::size_t kSteps = 8;
  for (std::uint64_t seed = 0;; ++seed) {
    // Shards, policy, memory, items; a request; of the first client; this one.
    RecordedChoices choices({0, 0, 0, 0, 0, 0, command}, seed);
    DispatcherRun run(choices);
    run.step();
    // There may be a mistake in the name.
    if (!names(run.request(), CommandTable::instance().all()[command])) continue;
    for (std::size_t i = 1; i < kSteps; ++i) run.step();
    return choices.bytes();
  }
}

void DispatcherRun::step() {
  const std::uint64_t kind = choices_.below(32);
  if (kind < 22) {
    send_request();
  } else if (kind < 25) {
    send_pipeline();
  } else if (kind < 26) {
    send_bytes();
  } else if (kind < 29) {
    runner_.advance_ms(
        static_cast<std::int64_t>(choices_.below(2) == 0 ? choices_.below(20) : choices_.below(100'000)));
  } else if (kind < 30) {
    runner_.maintain();
  } else if (kind < 31) {
    runner_.pump();
  } else {
    change_settings();
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) take(i, clients_[i]->take_output());
  if (++steps_ % kStepsBetweenChecks == 0) runner_.store().check_invariants();
}

void DispatcherRun::take(std::size_t client, std::string_view output) {
  if (!are_whole_replies(output)) {
    std::string words;
    for (const std::string& word : request_) words += printable(word) + ' ';
    std::fprintf(stderr, "after %s\nclient %zu got %s\n", words.c_str(), client, printable(output, 4096).c_str());
    LARDER_CHECK(false);
  }
  if (clients_[client]->closed() && ++clients_replaced_ < kClientsMax) {
    clients_[client] = &runner_.new_client();
  }
}

void DispatcherRun::send_request() {
  const std::size_t client = choices_.below(kClients);
  request_ = maker_.make(choices_.below(CommandTable::instance().size()));
  if (!clients_[client]->closed()) take(client, clients_[client]->run(request_));
}

void DispatcherRun::send_pipeline() {
  const std::size_t client = choices_.below(kClients);
  const std::uint64_t requests = 2 + choices_.below(40);
  std::string bytes;
  for (std::uint64_t i = 0; i < requests; ++i) {
    request_ = maker_.make(choices_.below(CommandTable::instance().size()));
    bytes += encode_request(request_);
  }
  // In two pieces, the first of which may end anywhere.
  const std::size_t cut = choices_.below(bytes.size());
  for (const std::string_view piece : {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
    if (!clients_[client]->closed()) take(client, clients_[client]->send(piece));
  }
}

void DispatcherRun::send_bytes() {
  const std::size_t client = choices_.below(kClients);
  std::string bytes(choices_.below(64), 0);
  for (char& byte : bytes) byte = static_cast<char>(choices_.below(256));
  if (!clients_[client]->closed()) take(client, clients_[client]->send(bytes + "\r\n"));
}

void DispatcherRun::change_settings() {
  switch (choices_.below(5)) {
    case 0:
      runner_.store().set_policy(kPolicyKinds[choices_.below(kPolicyKinds.size())]);
      break;
    case 1:
      runner_.store().set_maxmemory((1 + choices_.below(8)) << 20);
      break;
    case 2:
      runner_.store().set_maxitems(choices_.below(60));
      break;
    case 3:
      runner_.access().set_password(choices_.below(2) == 0 ? "" : std::string(kPassword));
      break;
    default:
      runner_.slow_log().set_threshold_us(choices_.below(2) == 0 ? 0 : 10'000);
  }
}

void DispatcherRun::finish() {
  // What was sent behind a request that waited may wait as well.
  constexpr int kRoundsMax = 1'000;
  const auto waits = [&] {
    return std::any_of(clients_.begin(), clients_.end(),
                       [](TestClient* client) { return !client->closed() && client->session().parked(); });
  };
  for (int round = 0; round < kRoundsMax && waits(); ++round) {
    TestClient& helper = runner_.new_client();
    helper.run({"AUTH", std::string(kPassword)});
    helper.run({"CLIENT", "UNPAUSE"});
    runner_.pump();
    helper.disconnect();
    runner_.advance_ms(limits::kPendingMsMax);
    for (std::size_t i = 0; i < clients_.size(); ++i) take(i, clients_[i]->take_output());
  }
  LARDER_CHECK(!waits());
  runner_.maintain();
  runner_.store().check_invariants();
}

}  // namespace larder::test

#include "support/command_runner.h"

#include <algorithm>
#include <utility>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/base/text.h"

namespace larder::test {

namespace {

constexpr std::uint64_t kHashSeed = 7;
constexpr std::int64_t kMaintainMicros = 1'000'000;

StoreOptions store_options(const RunnerOptions& options, AccessTap& tap) {
  return {.maxmemory_bytes = options.maxmemory_bytes,
          .maxitems = options.maxitems,
          .policy = options.policy,
          .shards = options.shards,
          .threads = options.threads,
          .databases = options.databases,
          .hold_clock = options.hold_clock,
          .hold_sample_every = 1,
          .tap = &tap,
          .hash_seed = kHashSeed};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> FakeConfig::get(std::string_view glob) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [name, value] : values_) {
    if (glob_match(glob, name, true)) found.emplace_back(name, value);
  }
  return found;
}

Status FakeConfig::set(std::span<const std::pair<std::string_view, std::string_view>> changes) {
  std::map<std::string, std::string> changed = values_;
  for (const auto& [name, value] : changes) {
    const auto found = changed.find(to_lower(name));
    if (found == changed.end()) {
      return Status::invalid("Unknown option or number of arguments for CONFIG SET - '" + std::string(name) + "'");
    }
    found->second = value;
  }
  values_ = std::move(changed);
  return Status::ok();
}

bool FakeConfig::is_secret(std::string_view name) const {
  return equals_ignore_case(name, "requirepass");
}

void FakePort::post(ConnectionRef to, ConnectionTask task) {
  post_after(to, std::chrono::milliseconds(0), std::move(task));
}

void FakePort::post_after(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) {
  if (on_post) on_post();
  const LockGuard guard(mutex_);
  tasks_.emplace(clock_.now_ms() + delay.count(), Due{to, std::move(task)});
}

void FakePort::set_timer(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) {
  const LockGuard guard(mutex_);
  std::erase_if(tasks_, [&](const auto& entry) { return entry.second.is_timer && entry.second.to.id == to.id; });
  tasks_.emplace(clock_.now_ms() + delay.count(), Due{to, std::move(task), true});
}

void FakePort::hang_up(const ConnectionInfo& connection) {
  const LockGuard guard(mutex_);
  hung_up_.push_back(connection.ref.id);
}

std::vector<std::uint64_t> FakePort::hung_up() const {
  const LockGuard guard(mutex_);
  return hung_up_;
}

std::vector<FakePort::Due> FakePort::take_due() {
  const LockGuard guard(mutex_);
  std::vector<Due> due;
  const auto end = tasks_.upper_bound(clock_.now_ms());
  for (auto task = tasks_.begin(); task != end; ++task) due.push_back(std::move(task->second));
  tasks_.erase(tasks_.begin(), end);
  return due;
}

std::size_t FakePort::waiting() const {
  const LockGuard guard(mutex_);
  return tasks_.size();
}

TestClient::TestClient(CommandService& service, ConnectionRef ref, const ClientOptions& options)
    : ref_(ref), output_bytes_max_(options.output_bytes_max) {
  ConnectionInfo info;
  info.ref = ref;
  info.peer_address = options.peer_address;
  info.local_address = "127.0.0.1:6379";
  info.fd = static_cast<int>(ref.id) + 7;
  info.loopback = options.loopback;
  info.gauges = gauges_;
  session_ = service.open(info, output_);
  closed_ = session_ == nullptr;
}

std::string TestClient::run(const std::vector<std::string>& arguments) {
  return send(encode_request(arguments));
}

std::string TestClient::send(std::string_view bytes) {
  input_.append(bytes);
  gauges_->received_bytes.fetch_add(bytes.size());
  execute();
  return take_output();
}

std::string TestClient::take_output() {
  std::string bytes = output_.flatten();
  output_.clear();
  return bytes;
}

void TestClient::disconnect() {
  closed_ = true;
  body_ = {};
  session_.reset();
}

void TestClient::execute() {
  while (!closed_ && !session_->parked()) {
    if (waiting_body_.body_bytes != 0) {
      if (!take_body()) return;
      waiting_body_ = {};
    }
    const TurnResult turn = session_->on_input(input_, output_, output_.size() + output_bytes_max_);
    LARDER_CHECK(turn.consumed <= input_.size());
    input_.erase(0, turn.consumed);
    switch (turn.state) {
      case TurnResult::State::kYield:
        ++yields_;
        break;
      case TurnResult::State::kNeedBody:
      case TurnResult::State::kSkipBody:
        waiting_body_ = turn;
        break;
      case TurnResult::State::kClose:
        disconnect();
        return;
      case TurnResult::State::kNeedInput:
      case TurnResult::State::kParked:
        return;
    }
  }
}

bool TestClient::take_body() {
  while (waiting_body_.state == TurnResult::State::kNeedBody) {
    if (!body_) body_ = session_->body_block(waiting_body_.body_bytes);
    LARDER_CHECK(body_);
    if (!fill_body()) return false;
    if (body_filled_ < waiting_body_.body_bytes) continue;
    body_filled_ = 0;
    session_->body_received(std::exchange(body_, {}));
    return true;
  }
  const std::size_t skipped = std::min(input_.size(), waiting_body_.body_bytes);
  input_.erase(0, skipped);
  waiting_body_.body_bytes -= skipped;
  if (waiting_body_.body_bytes > 0) return false;
  session_->body_skipped();
  return true;
}

bool TestClient::fill_body() {
  const std::size_t slice = std::min({input_.size(), waiting_body_.body_bytes - body_filled_, limits::kTurnBodyBytes});
  if (slice == 0) return false;
  switch (session_->prepare_body(body_filled_ + slice)) {
    case BodyRoom::kReady:
      std::copy_n(input_.data(), slice, body_->data() + body_filled_);
      body_filled_ += slice;
      input_.erase(0, slice);
      return true;
    case BodyRoom::kNotYet:
      ++yields_;
      return true;
    case BodyRoom::kBlocked:
      return false;
    case BodyRoom::kRefused:
      body_ = {};
      waiting_body_.state = TurnResult::State::kSkipBody;
      waiting_body_.body_bytes -= std::exchange(body_filled_, 0);
      return true;
  }
  return false;
}

void TestClient::run_task(const ConnectionTask& task) {
  if (closed_) return;
  task(*session_, output_);
  if (session_->closing()) {
    disconnect();
  } else {
    execute();
  }
}

CommandRunner::CommandRunner(const RunnerOptions& options)
    : clock_(options.start_ms),
      store_(store_options(options, tap_)),
      statistics_(1, command_count()),
      advisor_(store_, statistics_, tap_),
      net_(1),
      port_(clock_) {
  access_.set_password(options.password);
  access_.set_protected_mode(options.protected_mode);
  facts_.executable = "larder";
  facts_.run_id = std::string(40, 'a');
  facts_.tcp_port = 6379;
  facts_.started_ms = clock_.now_ms();
  facts_.started_monotonic_ns = clock_.monotonic_ns();
  facts_.debug_command = options.debug_command;
  service_ = std::make_unique<CommandService>(Services{.store = store_,
                                                       .advisor = advisor_,
                                                       .clock = clock_,
                                                       .connections = port_,
                                                       .statistics = statistics_,
                                                       .net = net_,
                                                       .config = config_,
                                                       .access = access_,
                                                       .slow_log = slow_log_,
                                                       .facts = facts_,
                                                       .maxclients = [] { return 10'000U; }});
  new_client();
}

CommandRunner::~CommandRunner() = default;

TestClient& CommandRunner::new_client(const ClientOptions& options) {
  const ConnectionRef ref{.id = clients_.size() + 1, .thread = 0};
  clients_.push_back(std::unique_ptr<TestClient>(new TestClient(*service_, ref, options)));
  return *clients_.back();
}

void CommandRunner::advance_ms(std::int64_t ms) {
  clock_.advance_ms(ms);
  pump();
}

void CommandRunner::pump() {
  for (auto due = port_.take_due(); !due.empty(); due = port_.take_due()) {
    for (const FakePort::Due& task : due) clients_[task.to.id - 1]->run_task(task.task);
  }
}

void CommandRunner::maintain() {
  while (store_.maintain(clock_.now_ms(), kMaintainMicros) || store_.maintain_round(clock_.now_ms(), kMaintainMicros)) {
  }
}

std::string encode_request(const std::vector<std::string>& arguments) {
  std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) bytes += bulk(argument);
  return bytes;
}

std::string bulk(std::string_view bytes) {
  std::string reply = "$" + std::to_string(bytes.size()) + "\r\n";
  reply += bytes;
  return reply + "\r\n";
}

std::string integer(std::int64_t value) {
  return ":" + std::to_string(value) + "\r\n";
}

std::string error(std::string_view text) {
  std::string reply = "-";
  reply += text;
  return reply + "\r\n";
}

std::string array(const std::vector<std::string>& replies) {
  std::string reply = "*" + std::to_string(replies.size()) + "\r\n";
  for (const std::string& part : replies) reply += part;
  return reply;
}

}  // namespace larder::test

#include "commands/session.h"

#include <algorithm>
#include <utility>

#include "commands/arguments.h"
#include "larder/base/check.h"
#include "larder/base/text.h"

namespace larder {

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
// Of what is buffered, what an item's dead bytes may add at most.
constexpr std::size_t kSlackShareMax = 8;
// A turn brings as much as so many steps make room for, if it is small items that go.
constexpr int kBufferedRoomStepsMax = 8;
// What the requests that share a shard's lock may move together: some ten microseconds of copying.
constexpr std::size_t kKeptBytesMax = 64 * 1024;

}  // namespace

Session::Session(const Services& services, ClientRegistry& clients, LeaseWaiters& lease_waiters, PushServices& pushes,
                 std::shared_ptr<ClientRecord> record, RequestBatch& batch)
    : services_(services),
      clients_(clients),
      lease_waiters_(lease_waiters),
      pushes_(pushes),
      record_(std::move(record)),
      batch_(batch),
      statistics_(services.statistics.thread(record_->info.ref.thread)) {
  set_authenticated(!services_.access.has_password());
  apply_parse_limits();
  clients_.add(record_);
}

Session::~Session() {
  end_transaction();
  set_monitoring(false);
  clients_.remove(record_->info.ref.id);
  push_client_.reset();
  close_mailbox(*record_);
}

// --- Turns ---

TurnResult Session::on_input(std::string_view input, ReplyBuffer& out, std::size_t output_bytes_max) {
  LARDER_DCHECK(!parked());
  using State = TurnResult::State;
  // Whoever is there while no password is asked for is in, as in Redis.
  if (!authenticated_ && !services_.access.has_password()) set_authenticated(true);
  std::size_t consumed = 0;
  std::size_t executed = 0;
  while (true) {
    if (closing_) return {.state = State::kClose, .consumed = consumed};
    if (parked()) return {.state = State::kParked, .consumed = consumed};
    if (executed >= limits::kTurnRequestsMax || out.size() > output_bytes_max) {
      return {.state = State::kYield, .consumed = consumed};
    }
    if (limits_changed_) apply_parse_limits();
    const ParseResult parsed = parse_batch(input.substr(consumed));
    const std::size_t done = execute_batch(out, output_bytes_max);
    executed += done;
    if (done < batch_.size || must_stop()) {
      // Only a request that ended in this input was executed, so everything behind it is still there to be parsed
      // again.
      rewind_parser();
      consumed += batch_.ends[done - 1];
      continue;
    }
    consumed += parsed.consumed;
    switch (parsed.state) {
      case ParseResult::State::kRequest:  // a full batch; perhaps more
        break;
      case ParseResult::State::kNeedMore:
        if (parser_.partial().own_bytes().size() >= limits::kBodyBytesMin) make_room_for_buffered();
        return {.state = State::kNeedInput, .consumed = consumed};
      case ParseResult::State::kNeedBody:
        return decide_body(consumed, parsed.body_bytes);
      case ParseResult::State::kError:
        refuse_input(parsed.error, out);
        break;
    }
  }
}

ParseResult Session::parse_batch(std::string_view input) {
  // A stranger's next request is parsed only once it is known whether this one logs it in: the limits depend on it.
  const std::size_t requests_max = authenticated_ ? limits::kBatchRequestsMax : 1;
  ParseResult result;
  std::size_t consumed = 0;
  batch_.size = 0;
  while (batch_.size < requests_max) {
    Request& request = batch_.requests[batch_.size];
    if (const std::size_t bytes = parser_.parse_plain(input.substr(consumed), request); bytes > 0) {
      consumed += bytes;
      batch_.ends[batch_.size++] = consumed;
      result.state = ParseResult::State::kRequest;
      continue;
    }
    result = parser_.parse_any(input.substr(consumed), request);
    consumed += result.consumed;
    if (result.state != ParseResult::State::kRequest) break;
    batch_.ends[batch_.size++] = consumed;
  }
  result.consumed = consumed;
  return result;
}

std::size_t Session::execute_batch(ReplyBuffer& out, std::size_t output_bytes_max) {
  if (batch_.size == 0) return 0;
  Execution execution = begin_execution(out);
  const ActingClient acting(acting_id());
  if (push_client_ != nullptr) [[unlikely]]
    push_client_->deliver_invalidations(out, version_);
  batch_.look_ahead(services_.store, database_, may_hold_all(execution) ? &execution.kept : nullptr);
  execution.drawn.draw = statistics_.traffic.draw(batch_.size);
  std::size_t done = 0;
  while (done < batch_.size) {
    const std::size_t index = done++;
    if (index == execution.drawn.draw.index) [[unlikely]] {
      execute_drawn(index, execution);
    } else {
      execute(index, execution);
    }
    if (!keeps_lock(index, execution)) execution.release_lock();
    if (must_stop() || out.size() > output_bytes_max) break;
  }
  end_execution(execution);
  return done;
}

Session::Execution Session::begin_execution(ReplyBuffer& out) {
  const TimeMs now_ms = services_.clock.now_ms();
  record_->last_request_ms.store(now_ms, std::memory_order_relaxed);
  return {out, now_ms, services_, *record_, statistics_};
}

void Session::end_execution(Execution& execution) {
  execution.release_lock();
  execution.statistics.close();
  if (execution.drawn.is_done) [[unlikely]]
    add_to_sample(execution);
  if (!batch_.monitor_lines.empty()) [[unlikely]]
    clients_.monitors().show(services_.connections, std::exchange(batch_.monitor_lines, {}));
  // Blocks that requests refer to are not held longer than needed.
  for (std::size_t i = 0; i < batch_.size; ++i) batch_.requests[i].clear();
}

// Nothing but the store has a say in what is executed, and nobody is to be told of each request without the locks.
bool Session::may_hold_all(const Execution& execution) const {
  return authenticated_ && push_client_ == nullptr && transaction_ == nullptr && !clients_.attention().any() &&
         !execution.slow.wants_each() && !pushes_.notifier.wants_misses();
}

bool Session::keeps_lock(std::size_t index, const Execution& execution) const {
  const std::size_t next = index + 1;
  return next < batch_.size && batch_.is_keyed(next) && execution.kept.holds(batch_.keys[next]) &&
         execution.kept_bytes <= kKeptBytesMax;
}

void Session::rewind_parser() {
  parser_ = RespParser();
  apply_parse_limits();
}

void Session::apply_parse_limits() {
  parser_.set_limits({.authenticated = authenticated_});
  limits_changed_ = false;
}

TurnResult Session::decide_body(std::size_t consumed, std::size_t body_bytes) {
  // Where one body was refused the request is refused, and the others need not be kept.
  const bool admitted =
      authenticated_ && body_bytes <= services_.store.value_bytes_max() && !parser_.partial().body_skipped();
  return {.state = admitted ? TurnResult::State::kNeedBody : TurnResult::State::kSkipBody,
          .consumed = consumed,
          .body_bytes = body_bytes};
}

BlobRef Session::body_block(std::size_t body_bytes) {
  return Blob::allocate(body_bytes);
}

// --- Room for the request that is arriving ---

bool Session::stores_arguments() const {
  if (parser_.partial().empty()) return false;
  const FoundCommand command = CommandTable::instance().find(parser_.partial()[0]);
  return command && (command.spec->flags & kDenyOom) != 0;
}

std::size_t Session::room_bytes_so_far() const {
  const Request& request = parser_.partial();
  const std::size_t bytes = request.own_bytes().size();
  if (bytes < limits::kBodyBytesMin) return bodies_room_bytes_;
  return bodies_room_bytes_ + bytes + bytes / kSlackShareMax + request.size() / 2 * Shard::item_bytes_max(0, 0);
}

BodyRoom Session::prepare_body(std::size_t body_bytes) {
  using Step = ShardedStore::RoomStep;
  if (room_ == nullptr) room_ = services_.store.open_reservation();
  const RoomNeeded wanted{room_bytes_so_far() + body_room_bytes(body_bytes), 0};
  const Step step = services_.store.extend(*room_, wanted, services_.clock.now_ms());
  if (step == Step::kMore) return BodyRoom::kNotYet;
  // What stores nothing is not refused: it gives its memory back soon, and net bounds what all of them hold.
  if (step == Step::kReady || !stores_arguments()) {
    blocked_since_ns_ = 0;
    return BodyRoom::kReady;
  }
  if (step == Step::kBlocked) {
    const std::int64_t now_ns = services_.clock.monotonic_ns();
    if (blocked_since_ns_ == 0) blocked_since_ns_ = now_ns;
    if (now_ns - blocked_since_ns_ < limits::kRoomWaitMsMax * kNsPerMs) return BodyRoom::kBlocked;
  }
  blocked_since_ns_ = 0;
  room_->give_back_beyond({room_bytes_so_far(), 0});
  body_refusal_ = StatusCode::kOutOfMemory;
  return BodyRoom::kRefused;
}

std::size_t Session::body_room_bytes(std::size_t body_bytes) const {
  const Request& request = parser_.partial();
  const std::size_t key_bytes = request.size() > 1 ? std::min(request[1].size(), limits::kKeyBytesMax) : 0;
  return Shard::item_bytes_max(key_bytes, body_bytes);
}

void Session::make_room_for_buffered() {
  if (!stores_arguments()) return;
  if (room_ == nullptr) room_ = services_.store.open_reservation();
  const RoomNeeded wanted{room_bytes_so_far(), 0};
  const TimeMs now_ms = services_.clock.now_ms();
  for (int step = 0; step < kBufferedRoomStepsMax; ++step) {
    if (services_.store.extend(*room_, wanted, now_ms) != ShardedStore::RoomStep::kMore) return;
  }
}

void Session::body_received(BlobRef body) {
  bodies_room_bytes_ += body_room_bytes(body->size());
  parser_.body_received(std::move(body));
}

void Session::body_skipped() {
  parser_.body_skipped();
}

void Session::refuse_input(const std::string& error, ReplyBuffer& out) {
  const auto mark = out.mark();
  ReplyWriter(out, version_).error("ERR " + error);
  count_error(out, mark);
  if (suppressed()) out.truncate(mark);
  closing_ = true;
}

// --- One request ---

void Session::execute(std::size_t index, Execution& execution) {
  skip_reply_ = reply_mode_ == ReplyMode::kSkipNext;
  if (skip_reply_) reply_mode_ = ReplyMode::kOn;
  // This session is the only writer.
  record_->requests.store(record_->requests.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  execute_begun(index, execution);
}

void Session::execute_begun(std::size_t index, Execution& execution) {
  const Request& request = batch_.requests[index];
  ReplyBuffer& out = execution.out;
  const auto mark = out.mark();
  ReplyWriter reply(out, version_);
  const FoundCommand command = admit(batch_.commands[index], request, reply);
  bool called = false;
  if (command) {
    record_->last_command.store(command.index + 1, std::memory_order_relaxed);
    const bool attention = clients_.attention().any();
    if (attention) [[unlikely]]
      execution.release_lock();
    if (attention && !let_pass(command, index, reply, execution)) [[unlikely]] {
      if (parked()) return;  // all of it is to come
    } else if (transaction_ != nullptr && transaction_->queues(*command.spec)) [[unlikely]] {
      queue(command, request, reply);
    } else {
      called = true;
      const Key* const first_key = batch_.has_key[index] ? &batch_.keys[index] : nullptr;
      const Outcome outcome = call(command, request, first_key, reply, execution);
      if (outcome == Outcome::kClose) closing_ = true;
      LARDER_DCHECK((outcome == Outcome::kParked) == parked());
      if (attention) [[unlikely]] {
        execution.release_lock();
        show_to_monitors(command, request);
      }
    }
  } else if (in_multi()) {
    spoil_transaction(batch_.commands[index], out, mark);
  }
  if (out.begins_with(mark, '-')) [[unlikely]] {
    execution.release_lock();  // errors are counted under a lock of their own
    count_error(out, mark);
    if (called) statistics_.by_command[command.index].failed.add();
  }
  if (suppressed()) {
    if (!std::exchange(answers_all_the_same_, false)) drop_reply(out, mark);
  } else if (push_client_ != nullptr) [[unlikely]] {
    push_client_->take_kept();  // is of this request alone
  }
  if (room_ != nullptr || request.body_skipped()) forget_room();
}

void Session::forget_room() {
  room_.reset();
  bodies_room_bytes_ = 0;
  blocked_since_ns_ = 0;
  body_refusal_ = StatusCode::kTooLarge;
}

// The first words of an HTTP request's lines. A web page may make a browser send one here, with commands in its body
// (cross-protocol scripting), so that nothing behind them is executed, and nothing is answered.
bool Session::is_http(const Request& request) {
  return equals_ignore_case(request[0], "post") || equals_ignore_case(request[0], "host:");
}

FoundCommand Session::admit(FoundCommand command, const Request& request, ReplyWriter& reply) {
  if (!command) {
    if (is_http(request)) {
      closing_ = true;
    } else {
      reply.error(errors::unknown_command(request));
    }
    return {};
  }
  if (!command.spec->subcommands.empty() && request.size() > 1) {
    command = CommandTable::instance().find_subcommand(*command.spec, request[1]);
    if (!command) {
      reply.error(errors::unknown_subcommand(request[0], request[1]));
      return {};
    }
  }
  const CommandSpec& spec = *command.spec;
  const int argc = static_cast<int>(request.size());
  if (spec.function == nullptr || (spec.arity < 0 ? argc < -spec.arity : argc != spec.arity)) {
    reply.error(errors::wrong_arguments(CommandTable::full_name(command)));
  } else if (!authenticated_ && (spec.flags & kNoAuth) == 0) {
    reply.error(errors::kNoAuth);
  } else if (request.body_skipped()) {
    reply.error(body_refusal_);
  } else if (is_subscriber() && version_ == RespVersion::k2 && !spec.while_subscribed) {
    reply.error(errors::not_while_subscribed(CommandTable::full_name(command)));
  } else {
    return command;
  }
  statistics_.by_command[command.index].rejected.add();
  return {};
}

Outcome Session::call(const FoundCommand& command, const Request& request, const Key* first_key, ReplyWriter& reply,
                      Execution& execution) {
  const CommandSpec& spec = *command.spec;
  parked_command_ = command.index;
  // What may take long has its time for itself.
  if (!spec.keyed) execution.statistics.close();
  CommandContext context{.services = services_,
                         .clients = clients_,
                         .lease_waiters = lease_waiters_,
                         .session = *this,
                         .spec = spec,
                         .container = command.container,
                         .request = request,
                         .reply = reply,
                         .statistics = statistics_,
                         .now_ms = execution.now_ms,
                         .now_ns = execution.statistics.begin_ns(),
                         .room = room_.get(),
                         .first_key = first_key,
                         .kept = execution.kept};
  const std::uint64_t hits_before = statistics_.hits.get();
  const std::size_t bytes_before = execution.out.size();
  if (push_client_ != nullptr && push_client_->notes_reads()) [[unlikely]]
    note_reads(spec, request, execution);
  const Outcome outcome = spec.function(context);
  // What CLIENT CACHING says is about the next command, or all of the next transaction.
  if (push_client_ != nullptr && (command.container == nullptr || command.container->name != "client")) [[unlikely]] {
    if (!in_multi() && !in_exec()) push_client_->set_caching_said(false);
  }

  const bool reads_one_key = (spec.flags & kReadOnly) != 0 && spec.keys.first == 1 && spec.keys.last == 1;
  execution.statistics.count({&request, command.index}, reads_one_key && statistics_.hits.get() != hits_before);
  execution.kept_bytes += request.wire_bytes() + execution.out.size() - bytes_before;
  if (!spec.keyed || execution.slow.wants_each()) {
    execution.release_lock();
    execution.statistics.close();
  }
  return outcome;
}

bool Session::count_error(const ReplyBuffer& out, const ReplyBuffer::Mark& mark) {
  if (!out.begins_with(mark, '-')) return false;
  const std::string_view text = out.bytes_since(mark).substr(1);
  services_.statistics.count_error(text.substr(0, text.find_first_of(" \r")));
  return true;
}

// --- What handlers change ---

void Session::set_database(Database database) {
  database_ = database;
  record_->database.store(database, std::memory_order_relaxed);
}

void Session::set_version(RespVersion version) {
  version_ = version;
  record_->resp_version.store(static_cast<std::uint8_t>(version), std::memory_order_relaxed);
}

void Session::set_authenticated(bool authenticated) {
  limits_changed_ = limits_changed_ || authenticated != authenticated_;
  authenticated_ = authenticated;
}

void Session::set_reply_mode(ReplyMode mode) {
  if (mode == ReplyMode::kSkipNext && reply_mode_ == ReplyMode::kOff) return;
  reply_mode_ = mode;
  // CLIENT REPLY ON answers even where the reply of this very request was to be skipped.
  if (mode == ReplyMode::kOn) skip_reply_ = false;
}

void Session::set_no_touch(bool on) {
  no_touch_ = on;
  record_->no_touch.store(on, std::memory_order_relaxed);
}

void Session::reset(ReplyBuffer& out) {
  if (push_client_ != nullptr) {
    push_client_->unsubscribe_all();
    push_client_->stop_tracking();
    push_client_->deliver(out, version_, PushClient::kAll);
  }
  set_database(0);
  set_version(RespVersion::k2);
  set_reply_mode(ReplyMode::kOn);
  set_no_touch(false);
  end_transaction();
  set_monitoring(false);
  record_->no_evict.store(false, std::memory_order_relaxed);
  set_authenticated(!services_.access.has_password());
  const LockGuard guard(record_->mutex);
  record_->name.clear();
}

}  // namespace larder

// Events, turns, and what comes next. Receiving: connection_input.cpp. Sending and the end: connection_end.cpp.
#include "net/connection.h"

#include <algorithm>
#include <utility>

#include "larder/base/check.h"
#include "larder/base/limits.h"

namespace larder::net {

namespace {

// What every connection may buffer without asking: small requests never wait for memory.
constexpr std::size_t kFreeBufferBytes = 64 * 1024;
// Memory is asked for in steps, so that a slowly growing request does not ask at every turn.
constexpr std::size_t kChargeStepBytes = 64 * 1024;
// How soon a body that found no room looks again.
constexpr std::chrono::milliseconds kBlockedRetry{5};
// Pipelined requests read ahead behind a parked one; reading on is how a peer that closes is noticed at once.
constexpr std::size_t kParkedRestBytesMax = 64 * 1024;

std::size_t beyond_free(std::size_t buffered) {
  return buffered > kFreeBufferBytes ? buffered - kFreeBufferBytes : 0;
}

}  // namespace

Connection::Connection(IoThread& thread, UniqueFd fd, ConnectionInfo info)
    : thread_(thread),
      info_(std::move(info)),
      gauges_(std::make_shared<ConnectionGauges>()),
      socket_(std::move(fd)),
      share_([this, &context = thread.context()] {
        asio::post(context, [self = shared_from_this()] { self->on_granted(); });
      }) {
  info_.gauges = gauges_;
}

Connection::~Connection() {
  LARDER_DCHECK(closed_);
}

void Connection::start(RequestHandler& handler) {
  if (!thread_.ready_set().add(socket_.get(), *this)) return close();
  last_input_ms_ = last_output_ms_ = IoThread::now_ms();
  session_ = handler.open(info_, thread_.replies());
  if (session_ == nullptr) closing_ = true;
  finish_turn();
}

// --- Events ---

void Connection::on_ready(Readiness now) {
  readable_ |= now.readable;
  writable_ |= now.writable;
  hung_up_ |= now.hung_up;
  const std::shared_ptr<Connection> self = shared_from_this();
  wake();
}

void Connection::wake() {
  if (awaits_writable_ && writable_) {
    awaits_writable_ = false;
    on_writable();
  }
  if (awaits_readable_ && readable_) {
    awaits_readable_ = false;
    on_readable();
  }
}

void Connection::on_readable() {
  if (closed_) return;
  if (stage_ == Stage::kLingering) return linger();
  // Things may have changed since the wait began; settle() will wait again when input is wanted again.
  if (closing_ || more_ || blocked_ || wanted_ != 0 || output_blocked()) return;
  if (draining_ && drain_bytes_left_ == 0) return settle();
  if (stage_ == Stage::kBody) return receive_body();
  std::string_view input;
  if (!receive(input)) return;
  if (!parked()) return turn(input);
  keep(input);
  update_gauges();
  settle();
}

void Connection::on_turn() {
  if (closed_ || closing_ || !more_ || blocked_ || parked() || wanted_ != 0 || output_blocked()) return;
  resume();
}

void Connection::on_granted() {
  if (closed_ || wanted_ == 0) return;
  charged_ += wanted_;
  wanted_ = 0;
  last_input_ms_ = IoThread::now_ms();
  if (stage_ != Stage::kBody) return settle();
  turn(rest_);
}

void Connection::run_task(const ConnectionTask& task) {
  if (closed_ || closing_ || session_ == nullptr) return;
  const bool was_parked = session_->parked();
  task(*session_, thread_.replies());
  if (!output_fits()) return;
  if (was_parked && !session_->parked()) {
    set_at_rest(false);
    more_ = true;
    last_input_ms_ = IoThread::now_ms();
  }
  finish_turn();
}

// --- Turns ---

void Connection::turn(std::string_view input) {
  more_ = false;
  while (advance(input)) {
    // A body has ended and requests follow; replies bound the turn as they do within the session.
    if (thread_.replies().size() <= thread_.settings().output_soft_bytes.load(std::memory_order_relaxed)) continue;
    more_ = true;
    break;
  }
  if (closed_) return;
  keep(input);
  finish_turn();
}

void Connection::resume() {
  more_ = false;
  if (stage_ == Stage::kBody && rest_.empty()) return receive_body();
  turn(rest_);
}

bool Connection::advance(std::string_view& input) {
  switch (stage_) {
    case Stage::kRequests:
      return execute(input);
    case Stage::kBody:
      return fill_body(input);
    case Stage::kSkip:
      return skip_body(input);
    case Stage::kLingering:
      break;
  }
  return false;
}

bool Connection::execute(std::string_view& input) {
  const std::uint64_t soft = thread_.settings().output_soft_bytes.load(std::memory_order_relaxed);
  const std::size_t output_max = soft - std::min<std::uint64_t>(soft, output_.size());
  const TurnResult result = session_->on_input(input, thread_.replies(), output_max);
  LARDER_CHECK(result.consumed <= input.size());
  input.remove_prefix(result.consumed);
  if (result.state == TurnResult::State::kClose || session_->closing()) {
    closing_ = true;
    input = {};
    return false;
  }
  switch (result.state) {
    case TurnResult::State::kYield:
      more_ = true;
      return false;
    case TurnResult::State::kNeedBody:
      body_bytes_ = result.body_bytes;
      return open_body();
    case TurnResult::State::kSkipBody:
      body_bytes_ = result.body_bytes;
      stage_ = Stage::kSkip;
      return true;
    case TurnResult::State::kParked:
      more_ = !session_->parked();
      return false;
    case TurnResult::State::kNeedInput:
    case TurnResult::State::kClose:
      break;
  }
  return false;
}

bool Connection::open_body() {
  give_back_surplus();  // what requests before this one held
  body_ = session_->body_block(body_bytes_);
  if (!body_) {
    give_up(nullptr, "no memory for a value of " + std::to_string(body_bytes_) + " bytes");
    return false;
  }
  LARDER_CHECK(body_->size() >= body_bytes_);
  body_filled_ = 0;
  stage_ = Stage::kBody;
  return true;
}

bool Connection::body_may_go_on(std::size_t bytes) {
  if (bytes == 0) return true;  // nothing has come of it yet
  if (!charge_body(bytes)) return false;
  switch (session_->prepare_body(body_filled_ + bytes)) {
    case BodyRoom::kReady:
      return true;
    case BodyRoom::kNotYet:
      more_ = true;
      return false;
    case BodyRoom::kBlocked:
      turn_later();
      return false;
    case BodyRoom::kRefused:
      refuse_body();
      return false;
  }
  return false;
}

void Connection::refuse_body() {
  body_ = {};
  body_bytes_ -= std::exchange(body_filled_, 0);
  stage_ = Stage::kSkip;
  wait_for_bytes(1);
  give_back_surplus();
}

bool Connection::fill_body(std::string_view& input) {
  const std::size_t bytes = std::min(input.size(), body_bytes_ - body_filled_);
  if (!body_may_go_on(bytes)) return stage_ != Stage::kBody;
  body_->write(body_filled_, input.substr(0, bytes));
  body_filled_ += bytes;
  input.remove_prefix(bytes);
  if (body_filled_ < body_bytes_) return false;
  finish_body();
  return true;
}

void Connection::finish_body() {
  stage_ = Stage::kRequests;
  after_body_ = true;
  wait_for_bytes(1);
  session_->body_received(std::move(body_));
  body_ = {};
}

bool Connection::skip_body(std::string_view& input) {
  const std::size_t bytes = std::min(input.size(), body_bytes_);
  input.remove_prefix(bytes);
  body_bytes_ -= bytes;
  if (body_bytes_ > 0) return false;
  stage_ = Stage::kRequests;
  session_->body_skipped();
  return true;
}

void Connection::finish_turn() {
  if (closed_) return;
  if (session_ != nullptr) {
    if (session_->closing()) closing_ = true;
    count_parked(session_->parked());
    if (!closing_) charge_unfinished();
  }
  flush();
  if (closed_) return;
  update_gauges();
  settle();
}

// --- Memory of the unfinished request ---

bool Connection::reserve(std::uint64_t bytes) {
  if (thread_.budget().reserve(share_, bytes)) {
    charged_ += bytes;
    return true;
  }
  wanted_ = bytes;
  return false;
}

// The block of a body takes memory as it is filled: who announces much and sends nothing holds nothing.
bool Connection::charge_body(std::size_t bytes) {
  const std::uint64_t target = due() + bytes;
  return target <= charged_ || reserve(target - charged_);
}

void Connection::give_back_surplus() {
  const std::uint64_t kept = due();
  if (kept < charged_) thread_.budget().give_back(share_, std::exchange(charged_, kept) - kept);
}

std::size_t Connection::buffered_bytes() const {
  return rest_.size() + (session_ == nullptr ? 0 : session_->buffered_bytes());
}

// A request has begun and only new input can end it.
bool Connection::unfinished() const {
  if (session_ == nullptr || parked()) return false;
  return stage_ != Stage::kRequests || session_->mid_request() || (!rest_.empty() && !more_);
}

std::uint64_t Connection::due() const {
  return session_->held_body_bytes() + (body_ ? body_filled_ : 0) + beyond_free(buffered_bytes());
}

void Connection::charge_unfinished() {
  if (parked()) return charge_parked();
  if (!unfinished()) {
    if (charged_ != 0) release_memory();
    return;
  }
  const std::size_t buffered = buffered_bytes();
  if (buffered <= kFreeBufferBytes) return;
  if (buffered > limits::kRequestBufferedBytesMax) {
    return give_up(nullptr, "a request that buffers " + std::to_string(buffered) + " bytes");
  }
  const std::uint64_t target = due();
  if (target <= charged_ || wanted_ != 0) return;
  reserve((target - charged_ + kChargeStepBytes - 1) / kChargeStepBytes * kChargeStepBytes);
}

// A request that is parked before it is executed keeps its memory. It waits for no more: what it has is there already.
void Connection::charge_parked() {
  const std::uint64_t target = session_->held_body_bytes() + beyond_free(session_->buffered_bytes());
  if (target > charged_) {
    thread_.budget().take(share_, target - charged_);
  } else if (target < charged_) {
    thread_.budget().give_back(share_, charged_ - target);
  }
  charged_ = target;
  set_at_rest(target != 0);
}

void Connection::set_at_rest(bool at_rest) {
  if (at_rest_ == at_rest) return;
  at_rest_ = at_rest;
  thread_.budget().set_at_rest(share_, at_rest);
}

void Connection::release_memory() {
  if (charged_ == 0 && wanted_ == 0) return;
  thread_.budget().release(share_);
  charged_ = wanted_ = 0;
  at_rest_ = false;
}

// --- What next ---

bool Connection::output_blocked() const {
  return output_.size() > thread_.settings().output_soft_bytes.load(std::memory_order_relaxed);
}

void Connection::settle() {
  if (closed_ || stage_ == Stage::kLingering) return;
  if (output_.size() > thread_.settings().output_hard_bytes.load(std::memory_order_relaxed)) {
    return give_up(&thread_.counters().closed_output_limit, "the hard limit of waiting output is reached");
  }
  if (!output_.empty()) {
    if (!output_fits()) return;
    await_writable();
  }
  if (!closing_) {
    // Nobody would take what may come late. What is at work is answered as if it had not been parked.
    if (peer_ended_ && parked()) return session_->is_at_work() ? void() : close();
    if (output_blocked() || blocked_ || wanted_ != 0) return;
    if (parked()) {
      const bool may_read = rest_.size() < kParkedRestBytesMax && (!draining_ || drain_bytes_left_ > 0);
      return may_read ? await_readable() : void();
    }
    if (more_) return post_turn();
    // The peer will send no more, or what it sends comes too late: nothing can happen but that the output is taken.
    closing_ = peer_ended_ || (draining_ && drain_bytes_left_ == 0);
    if (!closing_) return await_readable();
  }
  if (output_.empty()) begin_linger();
}

void Connection::await_readable() {
  awaits_readable_ = true;
  if (readable_) post_wake();
}

void Connection::await_writable() {
  awaits_writable_ = true;
  if (writable_) post_wake();
}

// Others have their turn first.
void Connection::post_wake() {
  if (wake_posted_) return;
  wake_posted_ = true;
  asio::post(thread_.context(), [self = shared_from_this()] {
    self->wake_posted_ = false;
    self->wake();
  });
}

void Connection::post_turn() {
  if (turn_posted_) return;
  turn_posted_ = true;
  asio::post(thread_.context(), [self = shared_from_this()] {
    self->turn_posted_ = false;
    self->on_turn();
  });
}

void Connection::turn_later() {
  blocked_ = true;
  auto timer = std::make_shared<Timer>(thread_.context().get_executor(), kBlockedRetry);
  // The handler keeps its timer alive.
  timer->async_wait([self = shared_from_this(), timer](const asio::error_code&) {
    self->blocked_ = false;
    if (self->closed_ || self->stage_ != Stage::kBody || self->closing_) return;
    self->last_input_ms_ = IoThread::now_ms();
    self->resume();
  });
}

void Connection::count_parked(bool now_parked) {
  if (now_parked == counted_parked_) return;
  counted_parked_ = now_parked;
  SharedCounter& parked_now = thread_.counters().connections_parked_now;
  now_parked ? parked_now.add() : parked_now.subtract();
}

void Connection::update_gauges() {
  const std::size_t session_bytes = session_ == nullptr ? 0 : session_->buffered_bytes();
  gauges_->unread_bytes.store(rest_.size() + session_bytes, std::memory_order_relaxed);
  gauges_->unsent_bytes.store(output_.size(), std::memory_order_relaxed);
  gauges_->buffer_bytes.store(rest_.capacity() + session_bytes, std::memory_order_relaxed);
}

}  // namespace larder::net

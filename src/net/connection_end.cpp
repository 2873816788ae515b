// The other half of a connection: sending, limits, and the ways it ends.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "larder/base/limits.h"
#include "net/connection.h"

namespace larder::net {

namespace {

constexpr std::size_t kGatherPiecesMax = 64;
constexpr std::size_t kOutputKeptBytes = 1024;
// How long a peer that was sent its last reply may take to close its side.
constexpr std::int64_t kLingerMs = 1'000;
// A connection that is to be closed has less patience for a peer that takes nothing.
constexpr std::int64_t kClosingStallMsMax = 5'000;

}  // namespace

// --- Output ---

void Connection::flush() {
  ReplyBuffer& fresh = thread_.replies();
  if (fresh.empty()) return;
  if (output_.empty()) {
    send(fresh);
    if (closed_ || fresh.empty()) return;
    last_output_ms_ = IoThread::now_ms();
  }
  output_.take(fresh);
}

void Connection::send(ReplyBuffer& from) {
  std::vector<std::string_view>& pieces = thread_.pieces();
  from.gather(kGatherPiecesMax, limits::kTurnBodyBytes, pieces);
  const Transfer sent = send_some(socket_.get(), pieces, thread_.gather_scratch());
  if (sent.outcome == Transfer::Outcome::kFailed) return close();
  std::size_t offered = 0;
  for (const std::string_view piece : pieces) offered += piece.size();
  if (sent.bytes < offered) writable_ = false;
  if (sent.bytes == 0) return;
  from.sent(sent.bytes);
  ThreadNetCounters& counters = thread_.thread_counters();
  counters.write_turns.add();
  counters.sent_bytes.add(sent.bytes);
  gauges_->sent_bytes.store(gauges_->sent_bytes.load(std::memory_order_relaxed) + sent.bytes,
                            std::memory_order_relaxed);
  last_output_ms_ = IoThread::now_ms();
}

void Connection::on_writable() {
  if (closed_ || output_.empty()) return;
  send(output_);
  if (closed_) return;
  if (output_.empty()) {
    output_.shrink(kOutputKeptBytes);
    if (!output_fits()) return;  // tells the session as well that nothing waits
    gauges_->unsent_bytes.store(0, std::memory_order_relaxed);
    if (session_ != nullptr && !closing_) session_->output_taken(thread_.replies());
    flush();
    if (closed_) return;
  }
  gauges_->unsent_bytes.store(output_.size(), std::memory_order_relaxed);
  settle();
}

// --- Limits ---

bool Connection::output_fits() {
  const std::size_t waiting = output_.size() + thread_.replies().size();
  if (session_ == nullptr || session_->output_within_limits(waiting, IoThread::now_ms())) return true;
  give_up(&thread_.counters().closed_output_limit, "its limit of waiting output is reached");
  return false;
}

void Connection::check_time_limits(std::int64_t now_ms) {
  const NetworkSettings& settings = thread_.settings();
  if (stage_ == Stage::kLingering) {
    const bool taken = draining_ && unacknowledged_bytes(info_.fd, info_.unix_socket) == 0;
    if (taken || now_ms >= linger_until_ms_) close();
    return;
  }
  if (!output_.empty()) {
    if (!output_fits()) return;
    std::int64_t stall_ms = settings.output_stall_ms.load(std::memory_order_relaxed);
    if (output_.holds_blobs() && session_ != nullptr && session_->output_must_hurry()) {
      stall_ms = std::min(stall_ms, settings.pinned_stall_ms.load(std::memory_order_relaxed));
    }
    if (closing_) stall_ms = std::min(stall_ms, kClosingStallMsMax);
    if (now_ms - last_output_ms_ <= stall_ms) return;
    return give_up(&thread_.counters().closed_output_limit,
                   "the client took no output for " + std::to_string(stall_ms) + " ms");
  }
  if (parked()) {
    // Where input is awaited the end of the peer is noticed by that.
    if (!awaits_readable_ && peer_hung_up(info_.fd)) close();
    return;
  }
  if (blocked_ || wanted_ != 0) {
    if (peer_hung_up(info_.fd)) close();
    return;
  }
  if (more_ || session_ == nullptr) return;
  const std::int64_t receive_stall_ms = settings.receive_stall_ms.load(std::memory_order_relaxed);
  const std::int64_t idle_ms = settings.idle_timeout_s.load(std::memory_order_relaxed) * 1000;
  // A slow sender may have sent something, though less than is waited for. Whoever is given up had time to show it.
  if (low_water_ > 1) {
    const std::int64_t patience_ms = idle_ms > 0 ? std::min(receive_stall_ms, idle_ms) : receive_stall_ms;
    if (now_ms - last_input_ms_ > patience_ms / 2) wait_for_bytes(1);
    return;
  }
  if (unfinished() && now_ms - last_input_ms_ > receive_stall_ms) {
    return give_up(&thread_.counters().closed_receive_stall,
                   "half a request and nothing more for " + std::to_string(receive_stall_ms) + " ms");
  }
  const bool idle = idle_ms > 0 && now_ms - std::max(last_input_ms_, last_output_ms_) > idle_ms;
  if (idle && session_->may_idle_out()) {
    thread_.counters().closed_idle.add();
    close();
  }
}

void Connection::give_up(SharedCounter* counter, const std::string& why) {
  if (closed_) return;
  if (counter != nullptr) counter->add();
  spdlog::warn("closing client {} (id {}): {}; {} bytes unsent, {} bytes unread", info_.peer_address, id(), why,
               output_.size(), buffered_bytes());
  close();
}

// --- The end ---

void Connection::begin_drain() {
  if (closed_) return;
  draining_ = true;
  wait_for_bytes(1);
  drain_bytes_left_ = readable_bytes(info_.fd);
  settle();
}

bool Connection::cut_off() {
  if (closed_) return false;
  bool lost = true;
  if (parked() && !closing_) {
    session_->abandon_parked(thread_.replies());
    flush();
    lost = !closed_ && !output_.empty();
    if (!lost && !closed_) discard_input(info_.fd);
  }
  close();
  return lost;
}

void Connection::end_session() {
  count_parked(false);
  body_ = {};
  session_.reset();
  release_memory();
  std::string().swap(rest_);
  update_gauges();
}

// Closing with bytes unread, or before the peer has ours, would make the kernel send a reset, which may destroy the
// last reply. So: say that no more comes, and drop what the peer still sends until it closes too, or its time is up.
void Connection::begin_linger() {
  end_session();
  stage_ = Stage::kLingering;
  const bool taken = draining_ && unacknowledged_bytes(info_.fd, info_.unix_socket) == 0;
  if (taken) discard_input(info_.fd);
  if (taken || peer_ended_) return close();
  ::shutdown(socket_.get(), SHUT_WR);
  wait_for_bytes(1);
  linger_until_ms_ = IoThread::now_ms() + kLingerMs;
  await_readable();
}

void Connection::linger() {
  const std::span<char> buffer = thread_.read_buffer();
  const Transfer dropped = receive_into(buffer);
  const bool open = dropped.outcome == Transfer::Outcome::kMoved || dropped.outcome == Transfer::Outcome::kWouldBlock;
  open ? await_readable() : close();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  const std::shared_ptr<Connection> self = shared_from_this();
  end_session();
  thread_.replies().clear();
  output_.clear();
  thread_.ready_set().remove(socket_.get(), *this);
  socket_.reset();
  thread_.counters().connections_now.subtract();
  thread_.remove(*this);
}

}  // namespace larder::net

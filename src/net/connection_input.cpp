// What a connection receives: requests into the thread's buffer, large bodies straight into their blocks.
#include <algorithm>
#include <cstring>
#include <string>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "net/connection.h"

namespace larder::net {

namespace {

// Allocation that a connection may keep for its next partial request.
constexpr std::size_t kRestKeptBytes = 1024;
// Bytes of a body in a turn where they go to fresh pages, each of which takes as long as copying its bytes several
// times.
constexpr std::size_t kTurnFreshBytes = limits::kTurnBodyBytes / 4;
// Behind a large value comes another one more often than not. Of that only so much is read into the buffer, from which
// it has to be copied; if small requests come, the next read is a whole one again.
constexpr std::size_t kBytesBehindBody = 4 * 1024;

}  // namespace

std::size_t Connection::receive_max(std::size_t space) const {
  return draining_ ? std::min(space, drain_bytes_left_) : space;
}

Transfer Connection::receive_into(std::span<char> first, std::span<char> second) {
  const std::size_t bytes_max = first.size() + second.size();
  const Transfer got = receive_some(socket_.get(), first, second);
  // Less than asked for is all there was (but for urgent data and passed descriptors, which nobody sends). The end of
  // the peer, once it has shown itself, makes no other edge.
  if (got.outcome == Transfer::Outcome::kWouldBlock || (got.bytes < bytes_max && !hung_up_)) readable_ = false;
  return got;
}

bool Connection::receive(std::string_view& input) {
  const std::span<char> buffer = thread_.read_buffer();
  // The rest goes in front of what comes, in the buffer that is warm; a very long one grows where it is.
  if (rest_.size() <= buffer.size() / 2) {
    if (!rest_.empty()) std::memcpy(buffer.data(), rest_.data(), rest_.size());
    const std::size_t space = after_body_ ? kBytesBehindBody : buffer.size() - rest_.size();
    const Transfer got = receive_into(buffer.subspan(rest_.size(), receive_max(space)));
    if (!took(got)) return false;
    after_body_ = false;
    input = {buffer.data(), rest_.size() + got.bytes};
    return true;
  }
  const std::size_t before = rest_.size();
  rest_.resize(before + limits::kReadBufferBytes);
  const Transfer got = receive_into({rest_.data() + before, receive_max(limits::kReadBufferBytes)});
  rest_.resize(before + got.bytes);
  if (!took(got)) return false;
  input = rest_;
  return true;
}

void Connection::receive_body() {
  LARDER_DCHECK(rest_.empty());
  if (draining_ && drain_bytes_left_ == 0) return settle();
  const std::size_t left = body_bytes_ - body_filled_;
  const std::size_t warm = body_->committed_bytes() - std::min(body_->committed_bytes(), body_filled_);
  const std::size_t slice = std::min({left, warm + kTurnFreshBytes, limits::kTurnBodyBytes});
  if (!body_may_go_on(slice)) return stage_ == Stage::kBody ? settle() : turn(rest_);
  // With its last bytes what follows: at least the end of its line.
  const std::size_t space = receive_max(slice == left ? slice + kBytesBehindBody : slice);
  const std::size_t body_space = std::min(slice, space);
  body_->commit(body_filled_ + body_space);
  const std::span<char> behind = thread_.read_buffer().first(space - body_space);
  const Transfer got = receive_into({body_->data() + body_filled_, body_space}, behind);
  const std::size_t of_body = std::min(got.bytes, body_space);
  body_filled_ += of_body;
  const std::size_t to_come = body_bytes_ - body_filled_;
  if (to_come > 0 && !readable_ && !draining_) wait_for_bytes(std::min(to_come, limits::kTurnBodyBytes));
  if (!took(got)) return;
  if (to_come > 0) return settle();
  finish_body();
  turn({behind.data(), got.bytes - of_body});
}

void Connection::wait_for_bytes(std::size_t bytes) {
  if (bytes == low_water_ || info_.unix_socket) return;
  low_water_ = bytes;
  set_receive_low_water(socket_.get(), bytes);
}

bool Connection::took(const Transfer& got) {
  switch (got.outcome) {
    case Transfer::Outcome::kMoved:
      break;
    case Transfer::Outcome::kWouldBlock:
      // Nothing is left of what lay in the socket when the drain began.
      drain_bytes_left_ = 0;
      settle();
      return false;
    case Transfer::Outcome::kEnd:
      peer_ended_ = true;
      settle();
      return false;
    case Transfer::Outcome::kFailed:
      close();
      return false;
  }
  ThreadNetCounters& counters = thread_.thread_counters();
  counters.read_turns.add();
  counters.received_bytes.add(got.bytes);
  gauges_->received_bytes.store(gauges_->received_bytes.load(std::memory_order_relaxed) + got.bytes,
                                std::memory_order_relaxed);
  drain_bytes_left_ -= std::min(drain_bytes_left_, got.bytes);
  last_input_ms_ = IoThread::now_ms();
  return true;
}

void Connection::keep(std::string_view unconsumed) {
  if (unconsumed.empty()) {
    rest_.clear();
    if (rest_.capacity() > kRestKeptBytes) std::string().swap(rest_);
    return;
  }
  const bool inside = unconsumed.data() >= rest_.data() && unconsumed.data() < rest_.data() + rest_.size();
  if (inside) {
    rest_.erase(0, static_cast<std::size_t>(unconsumed.data() - rest_.data()));
  } else {
    rest_.assign(unconsumed);
  }
}

}  // namespace larder::net

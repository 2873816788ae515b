#include "unit/net/toy_handler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "support/eventually.h"

namespace larder::test {

class ToySession final : public RequestSession {
 public:
  ToySession(ToyHandler& handler, ConnectionInfo info) : handler_(handler), info_(std::move(info)) { ++handler_.alive; }
  ~ToySession() override {
    check_thread();
    set_parked(false);
    const std::lock_guard lock(handler_.mutex_);
    std::erase_if(handler_.open_, [&](const ConnectionInfo& info) { return info.ref.id == info_.ref.id; });
    --handler_.alive;
  }

  TurnResult on_input(std::string_view input, ReplyBuffer& out, std::size_t output_bytes_max) override {
    using State = TurnResult::State;
    check_thread();
    EXPECT_FALSE(parked_);
    std::size_t consumed = 0;
    if (bodies_done_ && holds_) {
      bodies_done_ = false;
      set_parked(true);
      return {.state = State::kParked, .consumed = 0, .body_bytes = 0};
    }
    if (bodies_done_) finish_bodies(out);
    if (!bodies_.empty()) return {.state = State::kNeedBody, .consumed = 0, .body_bytes = bodies_.front()};
    while (true) {
      if (out.size() > output_bytes_max) return {.state = State::kYield, .consumed = consumed};
      const std::size_t end = input.find('\n', consumed);
      if (end == std::string_view::npos) return {.state = State::kNeedInput, .consumed = consumed};
      std::string_view line = input.substr(consumed, end - consumed);
      if (line.ends_with('\r')) line.remove_suffix(1);
      consumed = end + 1;
      ++handler_.executed;
      TurnResult result = execute(line, out);
      result.consumed = consumed;
      if (result.state != State::kNeedInput) return result;
    }
  }

  BlobRef body_block(std::size_t body_bytes) override {
    if (handler_.no_memory) return {};
    ++handler_.body_blocks;
    return Blob::allocate(body_bytes);
  }
  BodyRoom prepare_body(std::size_t body_bytes) override {
    check_thread();
    ++handler_.bodies_asked;
    if (handler_.bodies_not_yet > 0) {
      --handler_.bodies_not_yet;
      return BodyRoom::kNotYet;
    }
    prepared_ = body_bytes;
    return handler_.body_room;
  }
  void body_received(BlobRef body) override {
    check_thread();
    EXPECT_EQ(prepared_, body->size()) << "bytes were received before there was room for them";
    for (const char byte : body->view()) sum_ += static_cast<unsigned char>(byte);
    held_ += body->size();
    bodies_.erase(bodies_.begin());
    bodies_done_ = bodies_.empty();
  }
  void body_skipped() override {
    skipped_ = bodies_done_ = true;
    bodies_.clear();
  }

  bool parked() const override { return parked_; }
  bool closing() const override { return closing_; }
  bool mid_request() const override { return !bodies_.empty() || bodies_done_; }
  std::size_t buffered_bytes() const override { return 0; }
  std::size_t held_body_bytes() const override { return held_; }
  bool output_must_hurry() const override { return handler_.hurry; }
  bool output_within_limits(std::size_t waiting_bytes, std::int64_t /*now_ms*/) override {
    return waiting_bytes <= handler_.output_max;
  }
  void abandon_parked(ReplyBuffer& out) override {
    out.append("-ABANDONED\r\n");
    set_parked(false);
  }

  void answer(ReplyBuffer& out, const std::string& text) {
    check_thread();
    if (!parked_) return;
    out.append(text);
    set_parked(false);
    holds_ = false;
    held_ = 0;
  }
  void close() { closing_ = true; }

 private:
  TurnResult execute(std::string_view line, ReplyBuffer& out) {
    using State = TurnResult::State;
    const std::string_view verb = line.substr(0, line.find(' '));
    const std::string text(line.size() > verb.size() ? line.substr(verb.size() + 1) : "");
    if (verb == "PING") out.append("+PONG\r\n");
    if (verb == "ECHO") out.append(text + "\r\n");
    if (verb == "BIG") out.append(std::string(std::stoul(text), 'x') + "\n");
    if (verb == "BLOB") append_block(std::stoul(text), out);
    if (verb == "BODY" || verb == "BODIES" || verb == "HOLD") {
      several_ = verb == "BODIES";
      holds_ = verb == "HOLD";
      bodies_ = numbers(text);
      return {.state = State::kNeedBody, .consumed = 0, .body_bytes = bodies_.front()};
    }
    if (verb == "SKIP") return {.state = State::kSkipBody, .consumed = 0, .body_bytes = std::stoul(text)};
    if (verb == "PARK" || verb == "PARKMS") {
      set_parked(true);
      if (verb == "PARKMS") {
        handler_.port_->post_after(info_.ref, std::chrono::milliseconds(std::stoi(text)),
                                   [](RequestSession& session, ReplyBuffer& later) {
                                     static_cast<ToySession&>(session).answer(later, "+LATE\r\n");
                                   });
      }
      return {.state = State::kParked, .consumed = 0, .body_bytes = 0};
    }
    if (verb == "QUIT") {
      out.append("+BYE\r\n");
      return {.state = State::kClose, .consumed = 0, .body_bytes = 0};
    }
    return {};
  }

  static std::vector<std::size_t> numbers(const std::string& text) {
    std::vector<std::size_t> all;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t digits = 0;
      all.push_back(std::stoul(text.substr(at), &digits));
      at += digits + 1;
    }
    return all;
  }

  static void append_block(std::size_t bytes, ReplyBuffer& out) {
    BlobRef block = Blob::allocate(bytes);
    std::fill_n(block->data(), bytes, 'x');
    const std::string_view part = block->view();
    out.append_blob(std::move(block), part);
    out.append('\n');
  }

  void finish_bodies(ReplyBuffer& out) {
    if (skipped_) {
      out.append("-SKIPPED\r\n");
    } else if (several_) {
      out.append("+BODIES " + std::to_string(held_) + "\r\n");
    } else {
      out.append("+BODY " + std::to_string(held_) + " " + std::to_string(sum_) + "\r\n");
    }
    skipped_ = bodies_done_ = false;
    held_ = sum_ = 0;
  }

  void set_parked(bool parked) {
    parked_ = parked;
    const std::lock_guard lock(handler_.mutex_);
    parked ? static_cast<void>(handler_.parked_.insert(info_.ref.id))
           : static_cast<void>(handler_.parked_.erase(info_.ref.id));
  }

  void check_thread() {
    if (std::this_thread::get_id() != thread_) ++handler_.wrong_thread;
  }

  ToyHandler& handler_;
  const ConnectionInfo info_;
  const std::thread::id thread_ = std::this_thread::get_id();
  std::vector<std::size_t> bodies_;  // still to come
  bool bodies_done_ = false;
  bool several_ = false;
  bool holds_ = false;
  bool skipped_ = false;
  std::size_t prepared_ = 0;
  std::size_t held_ = 0;
  std::uint64_t sum_ = 0;
  bool parked_ = false;
  bool closing_ = false;
};

std::unique_ptr<RequestSession> ToyHandler::open(const ConnectionInfo& info, ReplyBuffer& refusal) {
  if (refuse) {
    refusal.append("-REFUSED\r\n");
    return nullptr;
  }
  {
    const std::lock_guard lock(mutex_);
    open_.push_back(info);
  }
  return std::make_unique<ToySession>(*this, info);
}

void ToyHandler::answer(ConnectionRef to, const std::string& text) {
  port_->post(
      to, [text](RequestSession& session, ReplyBuffer& out) { static_cast<ToySession&>(session).answer(out, text); });
}

void ToyHandler::push(std::span<const ConnectionRef> to, const std::string& text) {
  port_->post_each(to, [text](RequestSession&, ReplyBuffer& out) { out.append(text); });
}

void ToyHandler::kill(ConnectionRef to) {
  port_->post(to, [](RequestSession& session, ReplyBuffer&) { static_cast<ToySession&>(session).close(); });
}

std::vector<ConnectionRef> ToyHandler::await_parked(std::size_t count) {
  const bool in_time = eventually([&] {
    const std::lock_guard lock(mutex_);
    return parked_.size() == count;
  });
  if (!in_time) ADD_FAILURE() << "not so many connections are parked: " << count;
  const std::lock_guard lock(mutex_);
  std::vector<ConnectionRef> refs;
  for (const ConnectionInfo& info : open_) {
    if (parked_.contains(info.ref.id)) refs.push_back(info.ref);
  }
  std::sort(refs.begin(), refs.end(), [](const ConnectionRef& a, const ConnectionRef& b) { return a.id < b.id; });
  return refs;
}

std::vector<ConnectionInfo> ToyHandler::connections() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

}  // namespace larder::test

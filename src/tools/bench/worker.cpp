#include "tools/bench/worker.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "tools/bench/client_socket.h"
#include "tools/bench/cpu_times.h"

namespace larder::bench {

namespace {

constexpr std::size_t kReadBufferBytes = 128 * 1024;
constexpr std::size_t kEventsMax = 128;
// A window of large requests goes out in pieces of about this size.
constexpr std::size_t kBatchBytesMax = 1 << 20;
// From here on a value that nobody looks at is dropped in the kernel instead of copied.
constexpr std::uint64_t kDropBytesMin = 32 * 1024;
// More than the kernel lets a socket hold by default (net.ipv4.tcp_rmem).
constexpr std::size_t kDropBytesMax = 8 << 20;
constexpr std::int64_t kWaitMaxNs = 500'000'000;
constexpr std::int64_t kSilenceMaxNs = 30'000'000'000;
// Without it the kernel wakes a thread up to 50 us late.
constexpr unsigned long kTimerSlackNs = 1'000;

}  // namespace

struct Worker::Connection {
  Connection(net::UniqueFd socket_fd, const ReplyScanner::Context& replies, bool is_tcp)
      : socket(std::move(socket_fd)), tcp(is_tcp), scanner(replies) {}

  const net::UniqueFd socket;
  const bool tcp;
  ReplyScanner scanner;
  OutBatch unsent;
  std::uint64_t window_left = 0;  // closed loop: of the window, not yet issued
};

Worker::Worker(const ReplyScanner::Context& replies, const Clock& clock, std::atomic<bool>& stop)
    : replies_(replies),
      clock_(clock),
      stop_(stop),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      // As long as what is dropped, although nothing of that is written to it: a receive names no more than there is.
      read_buffer_(std::make_unique_for_overwrite<char[]>(kDropBytesMax)),
      events_(kEventsMax) {}

Worker::~Worker() = default;

Status Worker::connect(const Endpoint& endpoint, const std::string& password) {
  Result<net::UniqueFd> socket = connect_to(endpoint, password);
  if (!socket.is_ok()) return socket.status();
  connections_.push_back(std::make_unique<Connection>(std::move(socket.value()), replies_, endpoint.unix_path.empty()));
  epoll_event event{.events = EPOLLIN, .data = {.ptr = connections_.back().get()}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connections_.back()->socket.get(), &event) == 0) return {};
  return {StatusCode::kIo, "epoll: " + std::generic_category().message(errno)};
}

Status Worker::run(Work& work) {
  *figures_ = {};
  in_flight_max_ = connections_.size() * work.depth;
  crowded_ = false;
  if (work.pacer) static_cast<void>(::prctl(PR_SET_TIMERSLACK, kTimerSlackNs));
  const CpuTimes before = thread_cpu();
  Status status = loop(work);
  const CpuTimes used = thread_cpu() - before;
  figures_->user_s = used.user_s;
  figures_->system_s = used.system_s;
  if (work.pacer && crowded_) {
    figures_->unsent = std::min(work.requests_left, work.pacer->backlog(std::min(work.end_ns, now_ns_)));
  }
  if (!status.is_ok()) stop_.store(true);
  return status;
}

Status Worker::loop(Work& work) {
  const auto failed = [this] { return Status(StatusCode::kIo, failure_); };
  now_ns_ = last_input_ns_ = clock_.monotonic_ns();
  if (!work.pacer) {
    for (const auto& connection : connections_) {
      if (!refill(*connection, work)) return failed();
    }
  }
  while ((in_flight_ > 0 || work.goes_on(now_ns_)) && !stop_.load(std::memory_order_relaxed)) {
    if (work.pacer && !issue_due(work)) return failed();
    wait(work);
    for (std::size_t i = 0; i < events_count_; ++i) {
      if (!serve(*static_cast<Connection*>(events_[i].data.ptr), events_[i].events, work)) return failed();
    }
    if (events_count_ == 0) {
      now_ns_ = clock_.monotonic_ns();
      if (in_flight_ == 0) last_input_ns_ = now_ns_;
      if (now_ns_ - last_input_ns_ > kSilenceMaxNs) return {StatusCode::kIo, "the server has sent nothing for 30 s"};
    }
    publish();
  }
  publish();
  return {};
}

void Worker::wait(const Work& work) {
  std::int64_t wait_ns = kWaitMaxNs;
  if (work.pacer && !crowded_ && work.goes_on(now_ns_)) {
    wait_ns = std::clamp<std::int64_t>(work.pacer->due_ns() - clock_.monotonic_ns(), 0, kWaitMaxNs);
  }
  const timespec limit{.tv_sec = 0, .tv_nsec = wait_ns};
  const int count = ::epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()), &limit, nullptr);
  events_count_ = static_cast<std::size_t>(std::max(count, 0));
}

bool Worker::serve(Connection& connection, std::uint32_t events, Work& work) {
  if ((events & EPOLLOUT) != 0 && !send(connection)) return false;
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && !receive(connection)) return false;
  return work.pacer || refill(connection, work);
}

bool Worker::receive(Connection& connection) {
  ReplyScanner& scanner = connection.scanner;
  const std::uint64_t unread = scanner.unread_bytes();
  const bool drop = connection.tcp && unread >= kDropBytesMin;
  const std::size_t bytes_max =
      drop ? static_cast<std::size_t>(std::min<std::uint64_t>(unread, kDropBytesMax)) : kReadBufferBytes;
  const ssize_t got =
      ::recv(connection.socket.get(), read_buffer_.get(), bytes_max, MSG_DONTWAIT | (drop ? MSG_TRUNC : 0));
  now_ns_ = clock_.monotonic_ns();
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) {
    return fail(got == 0 ? "the server closed a connection" : std::generic_category().message(errno));
  }
  last_input_ns_ = now_ns_;
  const auto bytes = static_cast<std::size_t>(got);
  figures_->bytes_in += bytes;
  if (drop) {
    scanner.dropped(bytes);
    return true;
  }
  const std::size_t before = scanner.in_flight();
  if (!scanner.feed({read_buffer_.get(), bytes}, now_ns_, *figures_)) return fail(scanner.failure());
  if (in_flight_ == in_flight_max_) room_since_ns_ = now_ns_;
  in_flight_ -= before - scanner.in_flight();
  return true;
}

bool Worker::send(Connection& connection) {
  OutBatch& unsent = connection.unsent;
  const std::size_t before = unsent.bytes();
  const OutBatch::Sent sent = unsent.send(connection.socket.get());
  figures_->bytes_out += before - unsent.bytes();
  if (sent == OutBatch::Sent::kFailed) return fail("sending: " + std::generic_category().message(errno));
  if (sent == OutBatch::Sent::kAll) await(connection, false);
  return true;
}

bool Worker::issue(Connection& connection, Work& work, std::uint64_t count) {
  while (count > 0 && connection.unsent.empty() && work.goes_on(now_ns_)) {
    for (; count > 0 && batch_.bytes() < kBatchBytesMax && work.goes_on(now_ns_); --count) {
      Request request = work.stream.next(batch_);
      request.since_ns = work.pacer ? work.pacer->take() : now_ns_;
      connection.scanner.expect(request, work.stream.keys());
      ++in_flight_;
      if (work.requests_left != kUnlimited) --work.requests_left;
      if (work.write_bytes_left != kUnlimited) {
        work.write_bytes_left -= std::min(work.write_bytes_left, request.written_bytes);
      }
    }
    const std::size_t before = batch_.bytes();
    const OutBatch::Sent sent = batch_.send(connection.socket.get());
    figures_->bytes_out += before - batch_.bytes();
    if (sent == OutBatch::Sent::kFailed) return fail("sending: " + std::generic_category().message(errno));
    if (sent == OutBatch::Sent::kPart) {
      std::swap(connection.unsent, batch_);
      await(connection, true);
    }
  }
  return true;
}

bool Worker::refill(Connection& connection, Work& work) {
  if (!connection.unsent.empty()) return true;
  if (connection.window_left == 0) {
    if (connection.scanner.in_flight() > 0) return true;
    connection.window_left = work.depth;
  }
  const std::uint64_t window = std::exchange(connection.window_left, 0);
  const std::size_t before = connection.scanner.in_flight();
  if (!issue(connection, work, window)) return false;
  if (work.goes_on(now_ns_)) connection.window_left = window - (connection.scanner.in_flight() - before);
  return true;
}

bool Worker::issue_due(Work& work) {
  now_ns_ = clock_.monotonic_ns();
  if (!work.goes_on(now_ns_)) return true;
  std::uint64_t backlog = std::min(work.requests_left, work.pacer->backlog(now_ns_));
  for (std::uint64_t before = 0; backlog > 0 && backlog != before;) {
    before = backlog;
    if (!deal(work, backlog)) return false;
  }
  crowded_ = backlog > 0;
  return true;
}

bool Worker::deal(Work& work, std::uint64_t& backlog) {
  // One each, as long as this program keeps up.
  const std::uint64_t each = (backlog + connections_.size() - 1) / connections_.size();
  for (std::size_t i = 0; i < connections_.size() && backlog > 0; ++i) {
    Connection& connection = *connections_[turn_];
    turn_ = turn_ + 1 == connections_.size() ? 0 : turn_ + 1;
    if (!connection.unsent.empty() || connection.scanner.in_flight() >= work.depth) continue;
    const std::uint64_t count = std::min({each, backlog, work.depth - connection.scanner.in_flight()});
    // Not this program's fault: time in which no connection was free.
    const std::int64_t could_ns = std::max(work.pacer->due_ns(), room_since_ns_);
    figures_->late_max_ns = std::max(figures_->late_max_ns, clock_.monotonic_ns() - could_ns);
    const std::size_t before = connection.scanner.in_flight();
    if (!issue(connection, work, count)) return false;
    backlog -= connection.scanner.in_flight() - before;
  }
  return true;
}

void Worker::await(Connection& connection, bool writable) {
  epoll_event event{.events = writable ? EPOLLIN | EPOLLOUT : static_cast<std::uint32_t>(EPOLLIN),
                    .data = {.ptr = &connection}};
  static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event));
}

bool Worker::fail(std::string what) {
  failure_ = std::move(what);
  return false;
}

void Worker::publish() {
  operations_.store(figures_->operations(), std::memory_order_relaxed);
  errors_.store(figures_->errors, std::memory_order_relaxed);
  hits_.store(figures_->hits, std::memory_order_relaxed);
  misses_.store(figures_->misses, std::memory_order_relaxed);
}

Counted Worker::counted() const {
  return {.operations = operations_.load(std::memory_order_relaxed),
          .errors = errors_.load(std::memory_order_relaxed),
          .hits = hits_.load(std::memory_order_relaxed),
          .misses = misses_.load(std::memory_order_relaxed)};
}

}  // namespace larder::bench

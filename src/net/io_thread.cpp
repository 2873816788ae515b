#include "net/io_thread.h"

#include <algorithm>
#include <ctime>

#include "net/connection.h"

namespace larder::net {

namespace {

constexpr std::size_t kWalkSliceConnections = 1024;
// Connections that one task visits before others have their turn: each visit may be a write to a socket.
constexpr std::size_t kTaskSliceConnections = 64;
constexpr std::chrono::milliseconds kIntervalMax{1000};
constexpr std::chrono::milliseconds kIntervalMin{10};
constexpr std::chrono::milliseconds kNextSliceDelay{5};
// What a burst of replies may leave allocated on the thread.
constexpr std::size_t kRepliesKeptBytes = 2 * limits::kOutputSoftBytes;

}  // namespace

IoThread::IoThread(unsigned index, Shared& shared)
    : index_(index), shared_(shared), read_buffer_(std::make_unique_for_overwrite<char[]>(limits::kReadBufferBytes)) {}

IoThread::~IoThread() {
  LARDER_CHECK(!thread_.joinable());
  LARDER_CHECK(by_id_.empty());
}

void IoThread::start(const std::function<void(unsigned)>& on_start) {
  schedule_housekeeping(housekeeping_interval());
  thread_ = std::thread([this, on_start] {
    if (on_start) on_start(index_);
    context_.run();
  });
}

std::future<void> IoThread::begin_drain() {
  std::future<void> done = drained_.get_future();
  asio::post(context_, [this] {
    draining_ = true;
    for (const auto& connection : all_connections()) connection->begin_drain();
    drained_if_empty();
    schedule_housekeeping(kIntervalMin);
  });
  return done;
}

std::future<std::size_t> IoThread::cut_off() {
  auto promise = std::make_shared<std::promise<std::size_t>>();
  asio::post(context_, [this, promise] {
    std::size_t cut = 0;
    for (const auto& connection : all_connections()) {
      if (connection->cut_off()) ++cut;
    }
    promise->set_value(cut);
    work_.reset();
    context_.stop();
  });
  return promise->get_future();
}

void IoThread::join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::adopt(Accepted accepted) {
  // Shared because Asio copies what it posts on some paths, and a descriptor has one owner.
  auto box = std::make_shared<Accepted>(std::move(accepted));
  asio::dispatch(context_, [this, box] {
    box->info.ref = {shared_.next_id.fetch_add(1, std::memory_order_relaxed), index_};
    auto connection = std::make_shared<Connection>(*this, std::move(box->fd), std::move(box->info));
    by_id_.emplace(connection->id(), connection);
    connection->place = in_order_.size();
    in_order_.push_back(connection.get());
    connection->start(*box->handler);
    if (draining_) connection->begin_drain();
  });
}

void IoThread::post(std::uint64_t id, ConnectionTask task) {
  asio::post(context_, [this, id, run = std::move(task)] { run_task(id, run); });
}

void IoThread::post_each(std::vector<std::uint64_t> ids, ConnectionTask task) {
  asio::post(context_, [this, each = std::move(ids), run = std::move(task)]() mutable {
    run_each(std::move(each), std::move(run));
  });
}

void IoThread::run_each(std::vector<std::uint64_t> ids, ConnectionTask task) {
  for (std::size_t i = 0; i < kTaskSliceConnections && !ids.empty(); ++i) {
    run_task(ids.back(), task);
    ids.pop_back();
  }
  if (!ids.empty()) post_each(std::move(ids), std::move(task));
}

void IoThread::post_after(std::uint64_t id, std::chrono::milliseconds delay, ConnectionTask task) {
  const auto due = std::chrono::steady_clock::now() + delay;
  asio::post(context_, [this, id, due, run = std::move(task)]() mutable {
    if (by_id_.find(id) == by_id_.end()) return;
    auto timer = std::make_shared<Timer>(context_.get_executor(), due);
    // The handler keeps its timer alive.
    timer->async_wait([this, id, timer, later = std::move(run)](const asio::error_code& error) {
      if (!error) run_task(id, later);
    });
  });
}

void IoThread::set_timer(std::uint64_t id, std::chrono::milliseconds delay, ConnectionTask task) {
  const auto due = std::chrono::steady_clock::now() + delay;
  asio::dispatch(context_, [this, id, due, run = std::move(task)]() mutable {
    if (by_id_.find(id) == by_id_.end()) return;
    Timer& timer = timers_.try_emplace(id, context_.get_executor()).first->second;
    timer.expires_at(due);
    timer.async_wait([this, id, later = std::move(run)](const asio::error_code& error) {
      if (!error) run_task(id, later);
    });
  });
}

void IoThread::run_task(std::uint64_t id, const ConnectionTask& task) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  const std::shared_ptr<Connection> connection = found->second;
  connection->run_task(task);
}

std::int64_t IoThread::now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

void IoThread::remove(Connection& connection) {
  Connection* last = in_order_.back();
  in_order_[connection.place] = last;
  last->place = connection.place;
  in_order_.pop_back();
  by_id_.erase(connection.id());
  timers_.erase(connection.id());
  drained_if_empty();
}

std::vector<std::shared_ptr<Connection>> IoThread::all_connections() const {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(by_id_.size());
  for (const auto& [id, connection] : by_id_) all.push_back(connection);
  return all;
}

void IoThread::drained_if_empty() {
  if (!draining_ || !by_id_.empty()) return;
  draining_ = false;  // say it once
  drained_.set_value();
}

void IoThread::schedule_housekeeping(std::chrono::milliseconds delay) {
  housekeeping_.expires_after(delay);
  housekeeping_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    const std::chrono::nanoseconds lag = std::chrono::steady_clock::now() - housekeeping_.expiry();
    thread_counters().loop_lag.record_ns(lag.count());
    keep_house();
  });
}

void IoThread::keep_house() {
  const std::int64_t now = now_ms();
  for (std::size_t i = 0; i < kWalkSliceConnections && walk_position_ < in_order_.size(); ++i) {
    Connection* const visited = in_order_[walk_position_];
    const std::shared_ptr<Connection> connection = visited->shared_from_this();
    connection->check_time_limits(now);
    // One that was closed has left its place to another, which is next.
    if (walk_position_ < in_order_.size() && in_order_[walk_position_] == visited) ++walk_position_;
  }
  if (walk_position_ < in_order_.size()) return schedule_housekeeping(kNextSliceDelay);
  walk_position_ = 0;
  replies_.shrink(kRepliesKeptBytes);
  if (index_ == 0) budget().recheck();
  schedule_housekeeping(draining_ ? kIntervalMin : housekeeping_interval());
}

// A quarter of the shortest limit, so that none is overstepped by much.
std::chrono::milliseconds IoThread::housekeeping_interval() const {
  std::int64_t shortest_ms = std::min(settings().receive_stall_ms.load(std::memory_order_relaxed),
                                      settings().output_stall_ms.load(std::memory_order_relaxed));
  const std::int64_t idle_s = settings().idle_timeout_s.load(std::memory_order_relaxed);
  if (idle_s > 0) shortest_ms = std::min(shortest_ms, idle_s * 1000);
  return std::clamp(std::chrono::milliseconds(shortest_ms / 4), kIntervalMin, kIntervalMax);
}

}  // namespace larder::net

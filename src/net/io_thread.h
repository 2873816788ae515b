// One io thread: an Asio context, the connections that live on it, and what they share because only one of them is at
// work at a time: the read buffer, the buffer of fresh replies, scratch for gather writes. Every second, or more often
// where a time limit is short, it looks for connections past a time limit, a bounded number at a time.
//
// THREADS: the section "any thread" is what its name says; everything else belongs to the thread itself.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "larder/base/limits.h"
#include "larder/net/network.h"
#include "net/asio.h"
#include "net/listener.h"
#include "net/ready_set.h"
#include "net/receive_budget.h"

namespace larder::net {

class Connection;

// What all threads of a Network share.
struct Shared {
  Shared(NetworkSettings& network_settings, NetCounters& network_counters)
      : settings(network_settings),
        counters(network_counters),
        budget(network_settings.receive_bytes_max, network_counters.receiving_bytes_now) {}

  const NetworkSettings& settings;
  NetCounters& counters;
  ReceiveBudget budget;
  std::atomic<std::uint64_t> next_id{1};
};

class IoThread {
 public:
  IoThread(unsigned index, Shared& shared);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  // --- Main thread ---
  void start(const std::function<void(unsigned)>& on_start);
  // Every connection answers what it has received, and is closed. Ready when none is left.
  std::future<void> begin_drain();
  // Closes what is left and stops. The number of connections that lost something.
  std::future<std::size_t> cut_off();
  void join();

  // --- Any thread ---
  asio::io_context& context() { return context_; }
  void adopt(Accepted accepted);
  void post(std::uint64_t id, ConnectionTask task);
  // The same task for each, some at a time.
  void post_each(std::vector<std::uint64_t> ids, ConnectionTask task);
  void post_after(std::uint64_t id, std::chrono::milliseconds delay, ConnectionTask task);
  void set_timer(std::uint64_t id, std::chrono::milliseconds delay, ConnectionTask task);

  // --- For connections of this thread ---
  const NetworkSettings& settings() const { return shared_.settings; }
  NetCounters& counters() { return shared_.counters; }
  ThreadNetCounters& thread_counters() { return shared_.counters.by_thread[index_]; }
  ReceiveBudget& budget() { return shared_.budget; }
  ReadySet& ready_set() { return ready_set_; }
  // Replies not yet sent or moved to their connection. Empty between turns.
  ReplyBuffer& replies() { return replies_; }
  std::span<char> read_buffer() { return {read_buffer_.get(), limits::kReadBufferBytes}; }
  std::vector<std::string_view>& pieces() { return pieces_; }
  std::vector<iovec>& gather_scratch() { return gather_scratch_; }
  // A clock that never steps back, some milliseconds coarse.
  static std::int64_t now_ms();
  void remove(Connection& connection);

 private:
  void run_task(std::uint64_t id, const ConnectionTask& task);
  void run_each(std::vector<std::uint64_t> ids, ConnectionTask task);
  std::vector<std::shared_ptr<Connection>> all_connections() const;
  void drained_if_empty();
  void schedule_housekeeping(std::chrono::milliseconds delay);
  void keep_house();
  std::chrono::milliseconds housekeeping_interval() const;

  const unsigned index_;
  Shared& shared_;
  asio::io_context context_{1};
  asio::executor_work_guard<Executor> work_{context_.get_executor()};
  ReadySet ready_set_{context_};
  Timer housekeeping_{context_.get_executor()};
  std::thread thread_;

  // The rest is touched by the thread alone.
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> by_id_;
  std::vector<Connection*> in_order_;                // the same, for walking in slices; a connection knows its place
  std::unordered_map<std::uint64_t, Timer> timers_;  // of the connections that have set theirs
  std::size_t walk_position_ = 0;
  ReplyBuffer replies_;
  std::unique_ptr<char[]> read_buffer_;
  std::vector<std::string_view> pieces_;
  std::vector<iovec> gather_scratch_;
  bool draining_ = false;
  std::promise<void> drained_;
};

}  // namespace larder::net

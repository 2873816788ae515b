#include "net/ready_set.h"

#include <cstdint>

#include "larder/base/check.h"

namespace larder::net {

namespace {

constexpr std::uint32_t kHungUp = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

UniqueFd open_set() {
  UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  LARDER_CHECK(fd);
  return fd;
}

}  // namespace

ReadySet::ReadySet(asio::io_context& context) : set_(context.get_executor(), open_set().release()) {
  wait();
}

bool ReadySet::add(int fd, ReadyMember& member) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &member;
  return ::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void ReadySet::remove(int fd, const ReadyMember& member) {
  ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
  for (std::size_t i = events_begin_; i < events_end_; ++i) {
    if (events_[i].data.ptr == &member) events_[i].data.ptr = nullptr;
  }
}

void ReadySet::wait() {
  set_.async_wait(Descriptor::wait_read, [this](const asio::error_code& error) {
    if (error) return;
    tell();
    wait();
  });
}

// The wait that follows looks at the set anew, so nothing is lost where this stops early.
void ReadySet::tell() {
  for (std::size_t told = 0; told < kEventsMax; told += events_end_) {
    const int count = ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(kEventsMax - told), 0);
    if (count <= 0) return;
    events_end_ = static_cast<std::size_t>(count);
    for (events_begin_ = 0; events_begin_ < events_end_;) {
      const epoll_event& event = events_[events_begin_++];
      if (event.data.ptr == nullptr) continue;
      static_cast<ReadyMember*>(event.data.ptr)
          ->on_ready({.readable = (event.events & (EPOLLIN | kHungUp)) != 0,
                      .writable = (event.events & (EPOLLOUT | kHungUp)) != 0,
                      .hung_up = (event.events & kHungUp) != 0});
    }
    if (events_end_ < kEventsForAnotherRound) return;
  }
}

}  // namespace larder::net

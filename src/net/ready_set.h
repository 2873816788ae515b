// Which sockets of an io thread have become readable or writable: an epoll set, edge-triggered, for which the thread's
// Asio context waits as for one descriptor. A socket is registered once; waiting for it again costs no system call.
// (Asio tells the kernel of every single wait, which was an eighth of the time of an unpipelined request.)
//
// A member is told of edges only: it must remember what it is told until a transfer shows that there is no more to be
// had.
//
// THREADS: the io thread's own.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>

#include "net/asio.h"
#include "net/socket_ops.h"

namespace larder::net {

struct Readiness {
  bool readable = false;
  bool writable = false;
  // The peer sends no more, or the socket has failed: what is left can be read until that shows.
  bool hung_up = false;
};

class ReadyMember {
 public:
  // May remove any member, itself too.
  virtual void on_ready(Readiness now) = 0;

 protected:
  ~ReadyMember() = default;
};

class ReadySet {
 public:
  explicit ReadySet(asio::io_context& context);

  // False: the system refuses. What the socket is ready for already is told soon. The member must be removed before it
  // is gone.
  bool add(int fd, ReadyMember& member);
  void remove(int fd, const ReadyMember& member);

 private:
  // So many are told at most before Asio has its turn, with what was posted, timers and new connections; and where so
  // many came at once it is worth looking for more before that.
  static constexpr std::size_t kEventsMax = 64;
  static constexpr std::size_t kEventsForAnotherRound = 8;

  void wait();
  void tell();

  Descriptor set_;
  // What is being told; a member that is removed meanwhile is taken out.
  std::array<epoll_event, kEventsMax> events_{};
  std::size_t events_begin_ = 0;
  std::size_t events_end_ = 0;
};

}  // namespace larder::net

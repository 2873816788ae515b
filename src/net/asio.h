// The parts of Asio that the network uses, and no more: the rest of its headers cost seconds a file. Private to net,
// and the only way to include Asio, asio_impl.cpp included: two of its settings must be the same in every file.
#pragma once

// Before Asio: its test for aligned_alloc only works when some standard header has been read; files that disagree about
// it would free with one allocator what the other gave.
#include <chrono>

// GCC's thread sanitizer cannot follow Asio's fences and refuses them. Each of our contexts is run by one thread, so
// nothing rests on them: what comes from other threads passes the scheduler's mutex.
#if defined(__SANITIZE_THREAD__)
#define ASIO_DISABLE_FENCED_BLOCK 1
#endif

#include <asio/basic_waitable_timer.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <asio/post.hpp>

namespace larder::net {

// With the context's own executor instead of the type-erased one: a wait then costs no virtual calls.
using Executor = asio::io_context::executor_type;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace larder::net

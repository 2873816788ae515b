// LARDER_CHECK is always on and stops the process: it states what no input of a client can make false.
// LARDER_DCHECK does the same in debug and sanitizer builds, and costs nothing in a release build.
#pragma once

namespace larder {

[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace larder

#define LARDER_CHECK(condition) \
  (__builtin_expect(static_cast<bool>(condition), 1) ? void() : ::larder::check_failed(__FILE__, __LINE__, #condition))

#ifdef NDEBUG
#define LARDER_DCHECK(condition) static_cast<void>(sizeof(static_cast<bool>(condition)))
#else
#define LARDER_DCHECK(condition) LARDER_CHECK(condition)
#endif

// Clang's thread-safety annotations (Hutchins, Ballman, Sutherland: "C/C++ Thread Safety Analysis", SCAM 2014) under
// short names; nothing with another compiler. The clang build turns them into errors.
#pragma once

#if defined(__clang__)
#define LARDER_TSA(x) __attribute__((x))
#else
#define LARDER_TSA(x)
#endif

#define CAPABILITY(name) LARDER_TSA(capability(name))
#define SCOPED_CAPABILITY LARDER_TSA(scoped_lockable)
#define GUARDED_BY(mutex) LARDER_TSA(guarded_by(mutex))
#define REQUIRES_LOCK(...) LARDER_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES_LOCK(...) LARDER_TSA(locks_excluded(__VA_ARGS__))
#define ACQUIRES_LOCK(...) LARDER_TSA(acquire_capability(__VA_ARGS__))
#define TRIES_LOCK(...) LARDER_TSA(try_acquire_capability(__VA_ARGS__))
#define RELEASES_LOCK(...) LARDER_TSA(release_capability(__VA_ARGS__))
#define NO_LOCK_ANALYSIS LARDER_TSA(no_thread_safety_analysis)

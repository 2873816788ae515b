// What the process asks of the system: enough file descriptors for its clients, and an allocator that gives memory
// back.
#pragma once

#include <cstdint>

namespace larder {

// Descriptors beside those of clients: log, listeners, and what each io thread needs.
std::uint64_t spare_descriptors(unsigned io_threads);

// Raises the limit of open files so that `clients` fit, as far as allowed. Returns how many clients fit, at most
// `clients`.
std::uint32_t make_room_for_clients(std::uint32_t clients, unsigned io_threads);

// Settings of malloc for a cache. Before any thread is started.
void tune_allocator();

}  // namespace larder

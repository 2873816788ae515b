// Every bound on what a client can ask for, each with its reason. What crosses one gets a clear error or is closed;
// nothing in the server grows without one of these. Units are last in the names.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larder::limits {

// --- Data ---
// The item header has 16 bits for the key's length.
inline constexpr std::size_t kKeyBytesMax = 65'535;
// As Redis's proto-max-bulk-len.
inline constexpr std::size_t kValueBytesMax = 512ULL << 20;
// The database is kept in 16 bits; Redis's own ceiling is higher but nobody uses it.
inline constexpr int kDatabasesMax = 1024;

// --- Requests ---
// As Redis: a multibulk header may announce at most 2^31 - 1 arguments; ours is tighter, it bounds the argument table
// (16 MiB).
inline constexpr std::int64_t kRequestArgumentsMax = 1024 * 1024;
// Before AUTH a stranger may not make us hold much (as Redis).
inline constexpr std::int64_t kUnauthenticatedArgumentsMax = 10;
inline constexpr std::size_t kUnauthenticatedBulkBytesMax = 16 * 1024;
// An inline request or a length line without its newline (as Redis).
inline constexpr std::size_t kInlineBytesMax = 64 * 1024;
// From here on an argument is received straight into a block of its own instead of the connection's buffer.
inline constexpr std::size_t kBodyBytesMin = 64 * 1024;
// Arguments of one unfinished request, bodies aside: two thousand arguments just below a body's size.
inline constexpr std::size_t kRequestBufferedBytesMax = 128ULL << 20;

// --- Turns: one connection may not delay the others of its thread ---
inline constexpr std::size_t kBatchRequestsMax = 32;
inline constexpr std::size_t kTurnRequestsMax = 1024;
inline constexpr std::size_t kReadBufferBytes = 256 * 1024;
// Bytes of one connection's body or reply moved in one turn.
inline constexpr std::size_t kTurnBodyBytes = 512 * 1024;

// --- Output ---
// Unsent output at which a connection's further requests wait (they stay unread in the socket).
inline constexpr std::size_t kOutputSoftBytes = 1 << 20;
// A client that takes nothing of its waiting output for this long is closed.
inline constexpr std::int64_t kOutputStallMsMax = 60'000;
// Values that are gone and only kept for replies that are not taken: above this part of maxmemory such clients have
// less time.
inline constexpr std::uint64_t kPinnedShare = 4;
inline constexpr std::int64_t kPinnedStallMsMax = 2'000;
// Unsent output at which a connection is closed whatever it is doing. Large values are held by reference, not copied,
// but counted by their bytes all the same: eight of the largest fit.
inline constexpr std::size_t kOutputHardBytes = 4ULL << 30;

// Bytes that one command may copy into its reply (values in blocks of their own are sent by reference and not counted):
// a request of a few bytes a key must not make the server hold gigabytes.
inline constexpr std::size_t kReplyCopiedBytesMax = 256ULL << 20;

// --- Subscriptions ---
// Of one client, to channels and patterns: when it goes, its thread leaves them all at once.
inline constexpr std::size_t kSubscriptionsMax = 256 * 1024;
// Prefixes that one client may track keys by: each change of a key is held against all.
inline constexpr std::size_t kTrackingPrefixesMax = 1024;
// A channel is kept in tables as a key is.
inline constexpr std::size_t kChannelBytesMax = kKeyBytesMax;

// --- Receiving ---
// A request that has begun and does not go on for this long is closed, so that its memory is not held for ever.
inline constexpr std::int64_t kReceiveStallMsMax = 60'000;

// --- Transactions ---
// Between MULTI and EXEC. As Redis's client-query-buffer-limit, which bounds them there.
inline constexpr std::size_t kQueuedBytesMax = 1ULL << 30;
// EXEC executes them in one go: some ten milliseconds.
inline constexpr std::size_t kQueuedCommandsMax = 256 * 1024;
// All clients' transactions together may hold this part of maxmemory (without a limit: kQueuedBytesMax), but every
// client so much, and one of them any amount.
inline constexpr std::uint64_t kQueuedShare = 8;
inline constexpr std::size_t kQueuedBytesFree = 64 * 1024;
// Keys that one client watches; EXEC looks at each.
inline constexpr std::size_t kWatchedKeysMax = 16 * 1024;

// --- Waiting ---
// A handler that answers later must answer within this time; after it the client gets an error.
inline constexpr std::int64_t kPendingMsMax = 60'000;
// The graceful drain: parked requests get their answer within this time, then the connections are closed.
inline constexpr std::int64_t kDrainMsMax = 1'500;

// --- Looking on ---
// What waits for a client that monitors, on its way to it and unsent: it is dropped beyond that, as Redis does with
// subscribers.
inline constexpr std::size_t kMonitorOutputBytesMax = 32ULL << 20;
// Of what it is shown: bytes of one argument, arguments of one command.
inline constexpr std::size_t kMonitorArgumentBytesMax = 64 * 1024;
inline constexpr std::size_t kMonitorArgumentsMax = 1024;
// Entries of the slow log: some 5 KiB each at most.
inline constexpr std::int64_t kSlowLogEntriesMax = 10'000;

// --- LCS ---
// Cells of its table that are filled in one turn of a connection: half a millisecond or so. The rest comes in its next
// turns.
inline constexpr std::size_t kLcsSliceCells = 256 * 1024;
// In a transaction there are no next turns, and shards are held: some milliseconds.
inline constexpr std::size_t kLcsTransactionCellsMax = 1024 * 1024;
// The tables of those under way together, beyond the first: four of the largest.
inline constexpr std::size_t kLcsBytesMax = 64ULL << 20;

// --- Walks ---
// Items that one COUNTPREFIX or DELPREFIX looks at, whatever COUNT says: a few milliseconds of its thread.
inline constexpr std::size_t kPrefixWalkItemsMax = 10'000;

// Items that a look at a part of the keyspace is content with: likewise.
inline constexpr std::size_t kSampledItemsMax = 10'000;
// And the buckets of the index, of some ten items each, that it passes meanwhile: so half of the items may be dead.
inline constexpr std::size_t kSampledBucketsMax = 2'000;

// --- What makes a cache of a store (protocol/CACHING.md) ---
// Each costs its item 8 bytes, and a look at the table of tags with each read.
inline constexpr std::size_t kTagsPerItemMax = 32;
// The table of deleted tags takes at most this part of maxmemory, and no more than so much: a million tags.
inline constexpr std::uint64_t kTagTableShare = 64;
inline constexpr std::size_t kTagTableBytesMin = 64 * 1024;
inline constexpr std::size_t kTagTableBytesMax = 16 << 20;
// Whoever needs longer to load a value loses the right to store it.
inline constexpr std::int64_t kLeaseMsMax = 600'000;
// Beyond it the lease that ends soonest makes room; losing one is safe. 128 KiB.
inline constexpr std::size_t kLeasesPerShardMax = 4'096;
// Clients that wait inside the server for one lease; the others are told to wait themselves.
inline constexpr std::size_t kLeaseWaitersMax = 1'024;

// --- Background work ---
// One visit to a shard: at most so many items, so that nobody holds a shard for long.
inline constexpr std::size_t kEvictItemsPerVisit = 64;
inline constexpr std::size_t kSweepBucketsPerVisit = 512;
// Of which so many may turn out dead: reclaiming one costs ten times the look.
inline constexpr std::size_t kSweepItemsPerVisit = 256;
// Items that one turn of a connection evicts for a value that is arriving; more room comes in its next turns.
inline constexpr std::size_t kRoomItemsPerTurn = 256;
// Such a value, where nothing is left to evict and others hold the room, is refused after so long; with noeviction at
// once.
inline constexpr std::int64_t kRoomWaitMsMax = 5'000;
// Multi-key writes may exceed maxmemory by so much while they hold their locks; it is settled right after.
inline constexpr std::size_t kOverdrawBytesMax = 1 << 20;

}  // namespace larder::limits

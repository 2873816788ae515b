// SET's options for caches: SOFTEX, SOFTPX, NEGATIVE, TAGS and LEASE (protocol/CACHING.md). As with every reader of
// arguments: what answers false has written the error reply.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "commands/command.h"
#include "larder/base/limits.h"

namespace larder {

class CachingOptions {
 public:
  // Whether the argument is one of these options.
  static bool begins_at(const CommandContext& context, std::size_t index);
  // Reads the option there; `index` goes to its last argument.
  bool read(CommandContext& context, std::size_t& index);
  // Adds them to what the store is asked for, which then views this. `gets`: the reply will be the old value.
  bool apply(CommandContext& context, bool gets, SetOptions& options);

 private:
  bool read_tags(CommandContext& context, std::size_t& index);

  std::string_view soft_time_;
  bool soft_was_given_ = false;
  bool soft_is_in_seconds_ = false;
  LeaseToken lease_ = kNoLease;
  bool negative_ = false;
  bool tags_were_given_ = false;
  std::size_t tag_count_ = 0;
  std::array<TagHash, limits::kTagsPerItemMax> tags_;
  ItemExtras extras_;
};

// CachingOptions::read(); they are made with the first of them.
bool read_caching_option(CommandContext& context, std::size_t& index, std::unique_ptr<CachingOptions>& options);

}  // namespace larder

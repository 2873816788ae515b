#include "commands/transaction_plan.h"

#include <algorithm>

#include "commands/command_docs.h"
#include "commands/transaction_room.h"
#include "larder/base/text.h"

namespace larder {

namespace {

// Walks over the commands in their order, because SELECT changes what the names behind it mean.
class Planner {
 public:
  Planner(const ShardedStore& store, Database database, TransactionPlan& plan)
      : store_(store), database_(database), plan_(plan) {}

  void add(const QueuedCommand& queued) {
    plan_.first_key.emplace_back();
    const CommandSpec& spec = *queued.command.spec;
    switch (reach_of(spec)) {
      case Reach::kKeys:
        return add_keys(spec, queued.request);
      case Reach::kKeyspace:
        plan_.all_shards = true;
        plan_.flushes_all = plan_.flushes_all || spec.name == "flushall";
        return;
      case Reach::kSession:
        return follow_select(spec, queued.request);
      case Reach::kServer:
        return;
    }
  }

 private:
  void add_keys(const CommandSpec& spec, const Request& request) {
    // COPY's DB names the target in another database, whose hash is another one.
    if (spec.name == "copy" && request.size() > 3) plan_.all_shards = true;
    const bool stores = (spec.flags & kDenyOom) != 0;
    const bool copies = stores_values_of_its_keys(spec);
    const bool rewrites = rewrites_its_value(spec);
    for (const std::size_t at : key_positions(spec.keys, request.arguments()).value_or(Positions())) {
      const Key key = store_.key(database_, request[at]);
      if (at == static_cast<std::size_t>(spec.keys.first)) plan_.first_key.back() = plan_.keys.size();
      plan_.keys.push_back(key);
      if (stores) plan_.stored.push_back(key);
      if (copies) plan_.copied.push_back(key);
      if (rewrites) plan_.rewritten.push_back(key);
    }
  }

  void follow_select(const CommandSpec& spec, const Request& request) {
    if (spec.name != "select") return;
    const auto number = parse_int64(request[1]);
    if (number && *number >= 0 && *number < store_.databases()) database_ = static_cast<Database>(*number);
  }

  const ShardedStore& store_;
  Database database_;
  TransactionPlan& plan_;
};

}  // namespace

Reach reach_of(const CommandSpec& spec) {
  const bool uses_keys = (spec.flags & (kWrite | kReadOnly)) != 0;
  if (uses_keys) return spec.keys.first != 0 && (spec.flags & kMovableKeys) == 0 ? Reach::kKeys : Reach::kKeyspace;
  return spec.group == "connection" && (spec.flags & kAdmin) == 0 ? Reach::kSession : Reach::kServer;
}

TransactionPlan plan_transaction(const Transaction& transaction, const ShardedStore& store, Database database) {
  TransactionPlan plan;
  Planner planner(store, database, plan);
  plan.first_key.reserve(transaction.queue().size());
  for (const QueuedCommand& queued : transaction.queue()) planner.add(queued);
  const std::vector<Key> watched = transaction.watched_keys();
  plan.keys.insert(plan.keys.end(), watched.begin(), watched.end());

  const auto by_hash = [](const Key& a, const Key& b) { return a.hash < b.hash; };
  const auto same = [](const Key& a, const Key& b) { return a.hash == b.hash; };
  for (std::vector<Key>* const once : {&plan.stored, &plan.rewritten}) {
    std::sort(once->begin(), once->end(), by_hash);
    once->erase(std::unique(once->begin(), once->end(), same), once->end());
  }
  return plan;
}

}  // namespace larder

// The figures of this moment: the tiles, and what the memory holds.
import { bytes, count, microseconds, percent, seconds } from "./format.js";
import { element, keyEntry } from "./chart.js";

// Of /api/stats and the history.
const kTiles = [
  {
    title: "Hit ratio",
    value: (stats) => percent(stats.hit_ratio_1m),
    note: (stats) => `5 min ${percent(stats.hit_ratio_5m)} · all ${percent(stats.hit_ratio_total)}`,
  },
  {
    title: "Operations a second",
    value: (stats, history) => count(history.latest("requests_per_s")),
    note: (stats, history) =>
      `${bytes(history.latest("received_bytes_per_s"))}/s in · ${bytes(history.latest("sent_bytes_per_s"))}/s out`,
  },
  {
    title: "Access time",
    value: (stats) => microseconds(stats.avg_access_us),
    note: (stats) => `hit ${microseconds(stats.avg_hit_us)} · load ${microseconds(stats.avg_load_us)}`,
  },
  {
    title: "Memory",
    value: (stats) => bytes(stats.used_memory),
    share: (stats) => (stats.maxmemory > 0 ? stats.memory_utilization : null),
    note: (stats) =>
      stats.maxmemory > 0 ? `${percent(stats.memory_utilization)} of ${bytes(stats.maxmemory)}` : "no limit",
  },
  {
    title: "Evicted a second",
    value: (stats) => count(stats.evicted_per_s),
    note: (stats) =>
      stats.evicted_per_s > 0
        ? `last used ${seconds(stats.evicted_age_s)} before · expired ${count(stats.expired_per_s)}/s`
        : `expired ${count(stats.expired_per_s)}/s`,
  },
  {
    title: "Items",
    value: (stats) => count(stats.items),
    note: (stats) => `${count(stats.connected_clients)} of ${count(stats.maxclients)} clients`,
  },
];

const kMemoryParts = [
  ["used_items_bytes", "small items", "c1"],
  ["used_blobs_bytes", "large values", "c3"],
  ["used_index_bytes", "index", "c5"],
  ["used_policy_bytes", "eviction policy", "c4"],
  ["used_slack_bytes", "slack", "c8"],
  ["pinned_bytes", "pinned by slow readers", "c2"],
  ["used_receiving_bytes", "being received", "c6"],
  ["used_leases_bytes", "leases", "c7"],
  ["used_tags_bytes", "tags", "c7"],
  ["used_overhead_bytes", "bookkeeping", "c8"],
];

export class Overview {
  constructor(tiles, memoryBar, memoryKey) {
    this.tiles = kTiles.map((tile) => {
      const card = element("div", "card tile");
      const shown = { tile, value: element("p", "value"), note: element("p", "note") };
      card.append(element("h2", "", tile.title), shown.value);
      if (tile.share) {
        shown.bar = element("progress");
        card.append(shown.bar);
      }
      card.append(shown.note);
      tiles.append(card);
      return shown;
    });
    this.parts = kMemoryParts.map(([name, label, swatch]) => {
      const piece = element("div");
      piece.style.setProperty("--swatch", `var(--${swatch})`);
      memoryBar.append(piece);
      return { name, piece, value: keyEntry(memoryKey, label, swatch) };
    });
  }

  show(stats, history) {
    for (const { tile, value, note, bar } of this.tiles) {
      value.textContent = tile.value(stats, history);
      note.textContent = tile.note(stats, history);
      if (!bar) continue;
      const share = tile.share(stats);
      bar.hidden = share === null;
      bar.value = share ?? 0;
    }
    const whole = Math.max(stats.used_memory, stats.maxmemory);
    for (const { name, piece, value } of this.parts) {
      const part = stats[name] ?? 0;
      piece.style.flexBasis = `${(100 * part) / whole}%`;
      value.textContent = bytes(part);
      value.parentElement.hidden = part === 0;
    }
  }
}

// Figures as text, short enough to be read at a glance.

const kUnits = ["", "k", "M", "G", "T"];

// 3 significant digits: 1234 is "1.23 k".
function scaled(value, base, units) {
  let unit = 0;
  while (Math.abs(value) >= (unit === 0 ? base : base * 0.9995) && unit + 1 < units.length) {
    value /= base;
    ++unit;
  }
  const digits = Math.abs(value) >= 100 || (unit === 0 && Number.isInteger(value)) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits) + (units[unit] ? " " + units[unit] : "");
}

export const missing = "–";

export function count(value) {
  return Number.isFinite(value) ? scaled(value, 1000, kUnits) : missing;
}

export function bytes(value) {
  if (!Number.isFinite(value)) return missing;
  return scaled(value, 1024, ["B", "KB", "MB", "GB", "TB"]);
}

export function percent(ratio) {
  return Number.isFinite(ratio) ? (100 * ratio).toFixed(1) + " %" : missing;
}

export function microseconds(us) {
  if (!Number.isFinite(us)) return missing;
  return us < 1 && us > 0 ? (1000 * us).toFixed(0) + " ns" : scaled(us, 1000, ["µs", "ms", "s"]);
}

export function seconds(s) {
  if (!Number.isFinite(s)) return missing;
  if (s > 0 && s < 10 && !Number.isInteger(s)) return s.toFixed(1) + " s";
  if (s < 120) return Math.round(s) + " s";
  if (s < 7200) return Math.round(s / 60) + " min";
  if (s < 172800) return Math.round(s / 3600) + " h";
  return Math.round(s / 86400) + " days";
}

export function clock(unix_ms) {
  return new Date(unix_ms).toLocaleTimeString();
}

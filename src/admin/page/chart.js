// A chart with its title, its key and the values under the pointer.
import { kKeptMs } from "./history.js";
import { clock, missing } from "./format.js";

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

// The library's own legend, which the key replaces, writes style attributes, and those the page's policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

const kShownMsMin = 60_000;

const dark = matchMedia("(prefers-color-scheme: dark)");

// Calls `apply` with what gives a named colour, now and when light becomes dark or dark light.
export function onColors(apply) {
  apply(color);
  dark.addEventListener("change", () => apply(color));
}

// What all charts have in common; nothing is dragged or zoomed.
export const kChartOptions = {
  interactionModel: {},
  fillGraph: true,
  strokeWidth: 1.6,
  highlightCircleSize: 3,
  fillAlpha: 0.12,
};

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// A line of the key; returns where its value goes.
export function keyEntry(list, label, swatch) {
  const entry = element("div");
  const term = element("dt", "", label);
  term.style.setProperty("--swatch", `var(--${swatch})`);
  const value = element("dd", "", missing);
  entry.append(term, value);
  list.append(entry);
  return value;
}

// options: title, format(value), lines: [{label, color, value(get)}], stacked, top (of the axis, if it is fixed),
// logarithmic, binary (units of 1,024).
export class TimeChart {
  constructor(parent, options) {
    this.options = options;
    this.card = element("div", "card chart");
    this.when = element("small");
    const heading = element("h2", "", options.title);
    heading.append(this.when);
    this.plot = element("div", "plot");
    const key = element("dl", "key");
    this.values = options.lines.map((line) => keyEntry(key, line.label, line.color));
    this.card.append(heading, this.plot, key);
    parent.append(this.card);
  }

  show(history) {
    const rows = history.rows(this.options.lines.map((line) => line.value));
    if (rows.length === 0) return;
    this.rows = rows;
    const newest = rows.at(-1)[0].getTime();
    // What there is, up to ten minutes; a server that has just started has a wide minute.
    const from = Math.max(newest - kKeptMs, Math.min(rows[0][0].getTime(), newest - kShownMsMin));
    const shown = { file: rows, dateWindow: [from, newest], valueRange: this.#valueRange(rows) };
    if (this.graph) this.graph.updateOptions(shown);
    else this.#draw(shown);
    if (!this.pointed) this.#showValues(rows.length - 1);
  }

  // null: as the values want it. A logarithmic axis without any would have none.
  #valueRange(rows) {
    const { top, logarithmic } = this.options;
    if (top !== undefined) return [0, top];
    const empty = rows.every((row) => row.slice(1).every((value) => value === null));
    return logarithmic && empty ? [0.1, 1000] : null;
  }

  #draw(shown) {
    const { lines, format, stacked, logarithmic, binary } = this.options;
    this.graph = new Dygraph(this.plot, shown.file, {
      ...kChartOptions,
      dateWindow: shown.dateWindow,
      valueRange: shown.valueRange,
      labels: ["time", ...lines.map((line) => line.label)],
      stackedGraph: Boolean(stacked),
      fillGraph: !logarithmic,
      fillAlpha: stacked ? 0.55 : 0.12,
      logscale: Boolean(logarithmic),
      includeZero: !logarithmic,
      labelsKMG2: Boolean(binary),
      connectSeparatedPoints: false,
      axes: { y: { axisLabelFormatter: (value) => format(value), axisLabelWidth: 62, pixelsPerLabel: 36 } },
      highlightCallback: (event, x, points, row) => {
        this.pointed = true;
        this.#showValues(row);
      },
      unhighlightCallback: () => {
        this.pointed = false;
        this.#showValues(this.rows.length - 1);
      },
    });
    onColors((named) =>
      this.graph.updateOptions({
        colors: lines.map((line) => named(line.color)),
        gridLineColor: named("line"),
        axisLineColor: named("line"),
      }),
    );
  }

  #showValues(index) {
    const row = this.rows[index];
    if (!row) return;
    this.when.textContent = this.pointed ? clock(row[0].getTime()) : "";
    this.values.forEach((value, i) => {
      value.textContent = row[i + 1] === null ? missing : this.options.format(row[i + 1]);
    });
  }
}

// A chart with its title, its key and the values under the pointer.
import { kKeptMs } from "./history.js";
import { clock, missing } from "./format.js";

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

// The library's own legend, which the key replaces, writes style attributes, and those the page's policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

const dark = matchMedia("(prefers-color-scheme: dark)");

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
// logarithmic.
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
    dark.addEventListener("change", () => this.graph?.updateOptions(this.#colors()));
  }

  show(history) {
    const rows = history.rows(this.options.lines.map((line) => line.value));
    if (rows.length === 0) return;
    this.rows = rows;
    const newest = rows.at(-1)[0].getTime();
    const shown = { file: rows, dateWindow: [newest - kKeptMs, newest] };
    if (this.graph) this.graph.updateOptions(shown);
    else this.#draw(shown);
    if (!this.pointed) this.#showValues(rows.length - 1);
  }

  #draw(shown) {
    const { lines, format, stacked, top, logarithmic } = this.options;
    this.graph = new Dygraph(this.plot, shown.file, {
      ...this.#colors(),
      dateWindow: shown.dateWindow,
      labels: ["time", ...lines.map((line) => line.label)],
      stackedGraph: Boolean(stacked),
      fillGraph: !logarithmic,
      fillAlpha: stacked ? 0.55 : 0.12,
      strokeWidth: 1.6,
      logscale: Boolean(logarithmic),
      includeZero: !logarithmic,
      valueRange: top === undefined ? undefined : [0, top],
      connectSeparatedPoints: false,
      interactionModel: {},
      highlightCircleSize: 3,
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
  }

  #colors() {
    return {
      colors: this.options.lines.map((line) => color(line.color)),
      gridLineColor: color("line"),
      axisLineColor: color("line"),
    };
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

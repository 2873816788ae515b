// What the advisor says: its sentences, the curve of hit ratios by size with today's size marked, and the policies side
// by side.
import { element, kChartOptions, onColors } from "./chart.js";
import { bytes, count, percent } from "./format.js";

// 0.125 is "1/8 ×".
function times(factor) {
  return factor >= 1 ? `${factor} ×` : `1/${Math.round(1 / factor)} ×`;
}

export class Advisor {
  constructor(card) {
    this.card = card;
    this.sentences = card.querySelector("#sentences");
    this.figures = card.querySelector("#advisor-figures");
    this.plot = card.querySelector("#curve");
    this.bars = card.querySelector("#policies");
    this.note = card.querySelector("#curve-note");
  }

  // `reply` of /api/advisor; null: this server has none.
  show(reply) {
    this.card.hidden = reply === null;
    if (reply === null) return;
    const { report, sentences } = reply;
    this.sentences.replaceChildren(...sentences.map((sentence) => element("li", "", sentence)));
    this.figures.hidden = !report.enabled || report.curve.length === 0;
    if (this.figures.hidden) return;
    this.#showCurve(report);
    this.#showPolicies(report);
  }

  #showCurve(report) {
    const size = (value) => (report.unit === "items" ? count(value) + " items" : bytes(value));
    // By the logarithm of the factor, so that today's size is 0 and twice as much 1.
    this.points = report.curve.map((point) => [Math.log2(point.factor), point.hit_ratio]);
    this.note.textContent = `estimated for LRU; now ${size(report.limit)}, working set ${size(report.working_set)}`;
    if (this.graph) return this.graph.updateOptions({ file: this.points });
    this.graph = new Dygraph(this.plot, this.points, {
      ...kChartOptions,
      labels: ["size", "hit ratio"],
      drawPoints: true,
      pointSize: 2.5,
      valueRange: [0, 1.001],
      xRangePad: 12,
      axes: {
        x: {
          axisLabelFormatter: (value) => times(2 ** value),
          ticker: () => this.points.filter(([x]) => Number.isInteger(x)).map(([x]) => ({ v: x, label: times(2 ** x) })),
        },
        y: { axisLabelFormatter: percent, axisLabelWidth: 62, pixelsPerLabel: 36 },
      },
      underlayCallback: (canvas, area, graph) => this.#markToday(canvas, area, graph),
    });
    onColors((color) => this.graph.updateOptions({ colors: [color("c3")], gridLineColor: color("line"), axisLineColor: color("line") }));
  }

  #markToday(canvas, area, graph) {
    const x = graph.toDomXCoord(0);
    const style = getComputedStyle(this.plot);
    canvas.save();
    canvas.strokeStyle = canvas.fillStyle = style.getPropertyValue("--c2").trim();
    canvas.setLineDash([4, 4]);
    canvas.beginPath();
    canvas.moveTo(x, area.y);
    canvas.lineTo(x, area.y + area.h);
    canvas.stroke();
    canvas.font = "12px " + style.fontFamily;
    canvas.fillText("you are here", x + 5, area.y + area.h - 6);
    canvas.restore();
  }

  #showPolicies(report) {
    const policies = Object.entries(report.policies).sort(([, a], [, b]) => b - a);
    this.bars.replaceChildren(
      ...policies.map(([name, ratio]) => {
        const row = element("div", name === report.policy ? "now" : "");
        const bar = element("progress");
        bar.value = ratio;
        row.append(element("span", "", name + (name === report.policy ? " (now)" : "")), bar, element("span", "number", percent(ratio)));
        return row;
      }),
    );
  }
}

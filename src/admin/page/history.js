// The last ten minutes by second, in columns. What was fetched stays when the server is gone, and a hole shows for how
// long it was.

export const kKeptMs = 600_000;
const kHoleMs = 2_500;

export class History {
  times = [];
  columns = {};

  // `series`: a reply of /api/series. What is there already is passed over: its times differ by a millisecond or so
  // from one reply to the next.
  add(series) {
    const { unix_ms: times, ...columns } = series;
    delete columns.period_s;
    for (const name of Object.keys(columns)) this.columns[name] ??= this.times.map(() => null);
    times.forEach((time, i) => {
      const last = this.times.at(-1);
      if (last !== undefined && time < last + 500) return;
      if (last !== undefined && time > last + kHoleMs) this.#push(last + 1000, () => null);
      this.#push(time, (name) => columns[name]?.[i] ?? null);
    });
    this.#forget();
  }

  // Rows for a chart: time and the values that `values` makes of a row.
  rows(values) {
    return this.times.map((time, i) => [
      new Date(time),
      ...values.map((value) => value((name) => this.columns[name]?.[i] ?? null)),
    ]);
  }

  // Of the newest row.
  latest(name) {
    return this.columns[name]?.at(-1) ?? null;
  }

  #push(time, value) {
    this.times.push(time);
    for (const [name, column] of Object.entries(this.columns)) column.push(value(name));
  }

  #forget() {
    const oldest = this.times.at(-1) - kKeptMs;
    let old = 0;
    while (old < this.times.length && this.times[old] < oldest) ++old;
    if (old === 0) return;
    this.times.splice(0, old);
    for (const column of Object.values(this.columns)) column.splice(0, old);
  }
}

// A table under a title. columns: [{title, value(row), style}], the cells being text and style a class of theirs.
import { element } from "./chart.js";

export class Table {
  constructor(parent, title, columns, empty) {
    this.columns = columns;
    this.card = element("div", "card");
    this.note = element("small");
    const heading = element("h2", "", title);
    heading.append(this.note);
    this.empty = element("p", "empty", empty);
    const scroll = element("div", "scroll");
    this.table = element("table");
    const head = element("tr");
    for (const column of columns) head.append(element("th", column.style, column.title));
    this.table.append(element("thead"), element("tbody"));
    this.table.tHead.append(head);
    scroll.append(this.table);
    this.card.append(heading, scroll, this.empty);
    parent.append(this.card);
  }

  // null: this server has no such thing, and the table is not shown.
  show(rows, note = "") {
    this.card.hidden = rows === null;
    if (rows === null) return;
    this.note.textContent = note;
    this.empty.hidden = rows.length > 0;
    this.table.hidden = rows.length === 0;
    this.table.tBodies[0].replaceChildren(
      ...rows.map((row) => {
        const line = element("tr");
        for (const column of this.columns) line.append(element("td", column.style, column.value(row)));
        return line;
      }),
    );
  }
}

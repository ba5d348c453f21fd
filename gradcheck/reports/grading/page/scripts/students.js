// The table of students. Roles are written out, since a phone shows rows as cards, and cards have none of their own.
const HEADINGS = [
  ["name", "Student"], ["mark", "Mark"], ["state", "State"], ["bug", "What is wrong"], ["late", "Late"],
  ["hand", "By hand"], ["found", "Findings"], ["", "Loss, gradient"], ["", "More"],
];

function studentTable(onSort) {
  const head = HEADINGS.map(([key, words]) => {
    const cell = element("th", { scope: "col", role: "columnheader", class: key || (words === "More" ? "still more" : "still") });
    if (!key) {
      cell.append(words);
      return cell;
    }
    const button = element("button", { type: "button", "data-sort": key }, words);
    button.addEventListener("click", () => onSort(key));
    cell.append(button, element("span", { class: "print-sort", hidden: true }, words));
    return cell;
  });
  // Of what happens to nobody there is no column.
  const none = ["late", "hand", "found"].filter((key) => !DATA.students.some((one) => one[key]));
  return element(
    "table",
    { role: "table", class: none.map((key) => `no-${key}`).join(" ") },
    element("caption", { class: "unseen" }, "Students; the buttons in the headings sort"),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
    element("tbody", { role: "rowgroup" }),
  );
}

function markOrder(table, view) {
  const key = Object.hasOwn(COLUMNS, view.sort) ? view.sort : "name";
  table.querySelectorAll("thead th").forEach((cell) => {
    const button = cell.querySelector("button");
    if (button) cell.setAttribute("aria-sort", button.dataset.sort !== key ? "none" : view.down ? "descending" : "ascending");
  });
}

function sheetLink(one, folder, ...words) {
  return element("a", { href: `../${folder}/${encodeURIComponent(one.file)}.html` }, ...words);
}

function studentRow(one) {
  const cell = (kind, label, ...children) => element("td", { role: "cell", class: kind || null, "data-label": label }, ...children);
  const days = one.late ? `${one.late} d${one.off ? `, −${asPoints(one.off)}` : ""}` : "";
  const findings = (one.found || []).length;
  const more = element("button", { type: "button", "aria-expanded": "false" }, "More", element("span", { class: "unseen" }, ` on ${one.name}`));
  const row = element(
    "tr",
    { role: "row" },
    element(
      "th",
      { scope: "row", role: "rowheader" },
      sheetLink(one, "staff", element("bdi", null, one.name)),
      one.group ? element("span", { class: "key" }, one.group) : null,
    ),
    cell("mark number", null, one.points === null ? element("span", { class: "warn" }, "no mark") : element("b", null, asPoints(one.points))),
    cell(one.state === "graded" ? "usual" : "wide-cell", null, DATA.states[one.state]),
    cell("wide-cell wrong", null, ...(one.bugs || []).map((bug) => element("span", { class: "bug" }, DATA.bugs[bug]))),
    cell("number flag late", "late", days),
    cell("flag hand", "by hand", (one.hand || []).length ? "yes" : ""),
    cell("flag found", null, findings ? element("span", { class: "warn" }, `⚑ ${findings}`, element("span", { class: "unseen" }, " findings")) : ""),
    cell("", null, element("div", { class: "figures" }, lossCurve(one, "spark"), gradientPicture(one, "dots"))),
    cell("more", null, more),
  );
  more.addEventListener("click", () => toggle(row, one, more));
  return row;
}

function toggle(row, one, button) {
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  row.classList.toggle("open", !open);
  if (open) row.nextElementSibling.remove();
  else row.after(detailRow(one));
}

function detailRow(one) {
  const part = (title, ...children) => element("div", null, element("h3", null, title), ...children);
  const list = (lines) => element("ul", null, ...lines.map((line) => element("li", null, line)));
  const numbers = (one.gradient || []).map(([name, , , claimed, right]) =>
    element("tr", null, element("th", { scope: "row" }, name), element("td", null, claimed), element("td", null, right)),
  );
  const heads = ["entry", "claimed", "derivative"].map((words) => element("th", { scope: "col" }, words));
  const parts = [
    part(
      "Sheets",
      element("p", null, sheetLink(one, "staff", "for staff"), ", ", sheetLink(one, "sheets", "what the student sees now"), ", ", sheetLink(one, "sheets-after-due", "after the due date")),
      one.key ? element("span", { class: "key" }, one.key) : null,
    ),
    one.told ? part("Why there is no mark", list(one.told)) : null,
    one.others ? part("Other attempts", list(one.others)) : null,
    one.hand ? part("Decided by hand", list(one.hand)) : null,
    one.found ? part("Findings", list(one.found)) : null,
    one.loss ? part(`Loss in training, from ${one.loss[1]} to ${one.loss[2]}`, lossCurve(one, "curve")) : null,
    one.gradient ? part("Gradient: ■ as claimed, ● the derivative of its loss", gradientPicture(one, "entries")) : null,
    one.gradient ? part("The same in numbers", element("table", null, element("thead", null, element("tr", null, ...heads)), element("tbody", null, ...numbers))) : null,
  ];
  const inside = element("div", { class: "in" }, ...parts.filter(Boolean));
  return element("tr", { role: "row", class: "detail" }, element("td", { role: "cell", colspan: HEADINGS.length }, inside));
}

// Students by items of the rubric: every cell says its points, and a sign where they came about in an unusual way.
const SIGNS = {
  c: ["↷", "right, given an earlier error"], b: ["⊘", "not looked at"], u: ["?", "not held against the reference"],
  h: ["✎", "by hand"], g: ["", "could not be run"],
};

function heatTable() {
  const head = DATA.items.map((item) =>
    element("th", { scope: "col", title: `${item.title}, ${asPoints(item.of)} points` }, element("span", null, item.path)),
  );
  return element(
    "table",
    { class: "heat" },
    element("caption", { class: "unseen" }, "Points of each student by item of the rubric"),
    element("thead", null, element("tr", null, element("th", { scope: "col" }, "Student"), ...head)),
    element("tbody"),
  );
}

function heatRow(one) {
  const cells = DATA.items.map((item, place) => heatCell(one, place));
  const name = element("th", { scope: "row" }, sheetLink(one, "staff", element("bdi", null, one.name)));
  return element("tr", null, name, ...cells);
}

function heatCell(one, place) {
  const points = one.items ? one.items[place] : null;
  if (points === null || points === undefined) return element("td", null, "–");
  const [letter, level] = one.how.slice(2 * place, 2 * place + 2);
  const [sign, words] = SIGNS[letter] || ["", ""];
  const said = words ? element("span", { class: "unseen" }, `, ${words}`) : null;
  const drawn = sign ? element("span", { "aria-hidden": "true", title: words }, ` ${sign}`) : null;
  return element("td", { class: `h${level}` }, asPoints(points), drawn, said);
}

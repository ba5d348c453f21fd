// What is shown: filters, order and page. The address keeps it, so that a view can be bookmarked and sent to a colleague.
const DATA = JSON.parse(document.getElementById("class").textContent);
const KEYS = ["q", "state", "bug", "item", "group", "alike", "flag", "sort", "down", "page"];
const FILTERS = ["q", "state", "bug", "item", "group", "alike", "flag"];
const PER_PAGE = 100;
const PLACES = new Map(DATA.items.map((item, place) => [item.path, place]));
const COLLATOR = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const FLAGS = { late: "late", hand: "decided by hand", finding: "findings to look at" };
const COLUMNS = {
  name: (one) => one.name,
  mark: (one) => one.points,
  state: (one) => Object.keys(DATA.states).indexOf(one.state),
  bug: (one) => (one.bugs || []).map((bug) => DATA.bugs[bug]).join("; "),
  late: (one) => one.late || 0,
  hand: (one) => (one.hand || []).length,
  found: (one) => (one.found || []).length,
};

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

DATA.students.forEach((one) => {
  const bugs = (one.bugs || []).map((bug) => `${bug} ${DATA.bugs[bug]}`);
  one.text = plain([one.name, one.key || "", one.group || "", DATA.states[one.state], ...bugs].join("\n"));
});

function viewOf(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  return Object.fromEntries(KEYS.map((key) => [key, asked.get(key) || ""]));
}

function hashOf(view) {
  const kept = KEYS.filter((key) => view[key] && !(key === "page" && view.page === "1"));
  return kept.length ? `#${new URLSearchParams(kept.map((key) => [key, view[key]]))}` : "";
}

function lostAt(one, place) {
  const points = one.items ? one.items[place] : null;
  return points !== null && points !== undefined && DATA.items[place].of - points > 1e-9;
}

function matching(view) {
  const words = plain(view.q).split(/\s+/).filter(Boolean);
  const flagged = { late: (one) => one.late, hand: (one) => one.hand, finding: (one) => one.found };
  const tests = [
    ...words.map((word) => (one) => one.text.includes(word)),
    view.state && ((one) => one.state === view.state),
    view.bug && ((one) => (one.bugs || []).includes(view.bug)),
    view.item && ((one) => PLACES.has(view.item) && lostAt(one, PLACES.get(view.item))),
    view.group && ((one) => one.group === view.group),
    view.alike && ((one) => one.alike !== undefined && String(DATA.alike[one.alike]) === view.alike),
    view.flag && (Object.hasOwn(flagged, view.flag) ? flagged[view.flag] : () => false),
  ].filter(Boolean);
  return DATA.students.filter((one) => tests.every((test) => test(one)));
}

// Those that have nothing to sort by come last in both directions.
function sorted(students, view) {
  const value = Object.hasOwn(COLUMNS, view.sort) ? COLUMNS[view.sort] : COLUMNS.name;
  const sign = view.down ? -1 : 1;
  const keyed = students.map((one) => [value(one), one]);
  const none = (key) => key === null || key === undefined || key === "";
  keyed.sort(([a, one], [b, other]) => {
    if (none(a) || none(b)) return none(a) - none(b) || COLLATOR.compare(one.name, other.name);
    const order = typeof a === "string" ? COLLATOR.compare(a, b) : a - b;
    return sign * order || COLLATOR.compare(one.name, other.name);
  });
  return keyed.map(([, one]) => one);
}

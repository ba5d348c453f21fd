// Puts it together: what is asked for by form, headings and links is shown, and kept in the address.
const byId = (id) => document.getElementById(id);
const form = byId("filters");
const pagers = [...document.querySelectorAll(".pages")];
const table = studentTable(sortBy);
const heat = heatTable();
let view = viewOf(location.hash);
let printing = false;

function show() {
  const found = sorted(matching(view), view);
  const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
  const page = Math.min(Math.max(1, Number.parseInt(view.page, 10) || 1), pages);
  view.page = String(page);
  const part = printing ? found : found.slice((page - 1) * PER_PAGE, page * PER_PAGE);
  table.tBodies[0].replaceChildren(...part.map(studentRow));
  heat.tBodies[0].replaceChildren(...part.map(heatRow));
  markOrder(table, view);
  say(found.length, page, pages);
  showPages(page, pages);
  for (const field of form.elements) if (field.name && field.value !== view[field.name]) field.value = view[field.name];
}

function say(count, page, pages) {
  const all = DATA.students.length;
  const words = count === all ? `All ${all} students` : count ? `${count} of ${all} students` : `None of ${all} students: take a filter away`;
  const asked = FILTERS.filter((key) => view[key]).map((key) => `${LABELS[key].toLowerCase()}: ${spoken(key)}`);
  const text = [words, ...asked, ...(pages > 1 && !printing ? [`page ${page} of ${pages}`] : [])].join("; ");
  if (byId("shown").textContent !== text) byId("shown").textContent = text;
}

const LABELS = {
  q: "Search", state: "State", bug: "What is wrong", item: "Lost points at", group: "Group",
  alike: "Wrong alike", flag: "Marked as",
};

function choices(key) {
  if (key === "state") return Object.entries(DATA.states).filter(([state]) => DATA.students.some((one) => one.state === state));
  if (key === "bug") return Object.entries(DATA.bugs);
  if (key === "item") return DATA.items.map((item) => [item.path, `${item.title} (${item.path})`]);
  if (key === "group") return DATA.groups.map((group) => [group, group]);
  if (key === "alike") return Object.values(DATA.alike).map((number) => [String(number), `gradient ${number}`]);
  return Object.entries(FLAGS);
}

function spoken(key) {
  if (key === "q") return view.q;
  const found = choices(key).find(([value]) => value === view[key]);
  return found ? found[1] : `${view[key]} (nobody)`;
}

function buildForm() {
  const field = (key, words, control) => {
    control.id = `filter-${key}`;
    control.name = key;
    form.append(element("div", { class: key }, element("label", { for: control.id }, words), control));
  };
  field("q", "Search names, files, bugs", element("input", { type: "search", autocomplete: "off", spellcheck: "false" }));
  for (const key of FILTERS.slice(1)) {
    const offered = choices(key);
    if (!offered.length) continue;
    const options = [["", "all"], ...offered].map(([value, words]) => element("option", { value }, words));
    field(key, LABELS[key], element("select", null, ...options));
  }
  form.append(element("button", { type: "reset" }, "Show all"));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    if (event.target.name) go({ ...view, [event.target.name]: event.target.value, page: "" }, true);
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    go({ ...viewOf(""), sort: view.sort, down: view.down });
  });
}

function showPages(page, pages) {
  for (const pager of pagers) {
    pager.hidden = pages < 2;
    if (!pager.children.length) {
      const turn = (words, by) => {
        const button = element("button", { type: "button", "data-by": by }, words);
        button.addEventListener("click", () => {
          if (button.getAttribute("aria-disabled") !== "true") go({ ...view, page: String(Number(view.page) + by) });
        });
        return button;
      };
      pager.append(turn("Previous", -1), element("span"), turn("Next", 1));
    }
    pager.children[1].textContent = `Page ${page} of ${pages}`;
    pager.children[0].setAttribute("aria-disabled", String(page <= 1));
    pager.children[2].setAttribute("aria-disabled", String(page >= pages));
  }
}

function sortBy(key) {
  const now = Object.hasOwn(COLUMNS, view.sort) ? view.sort : "name";
  go({ ...view, sort: key, down: key === now && !view.down ? "1" : "", page: "" });
}

// Typing changes the address in place: "back" leads to the last view, not to the last letter.
function go(asked, inPlace) {
  view = asked;
  show();
  const address = hashOf(view) || location.pathname + location.search;
  if (inPlace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
}

function reach(target) {
  target.focus({ preventScroll: true });
  target.scrollIntoView();
}

function linkCounts() {
  document.querySelectorAll("[data-view]").forEach((span) => {
    const link = element("a", { href: `#${span.dataset.view}` }, span.textContent);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go({ ...viewOf(span.dataset.view), sort: view.sort, down: view.down });
      reach(byId("students"));
    });
    span.replaceChildren(link);
  });
  // Links to sections leave the view in the address alone.
  document.querySelectorAll("nav a, .skip").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      reach(byId(link.hash.slice(1)));
    });
  });
}

function offerSchemes() {
  const button = byId("scheme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (document.documentElement.dataset.scheme || (system.matches ? "dark" : "light")) === "dark";
  const say = () => { button.textContent = dark() ? "Light colours" : "Dark colours"; };
  try { document.documentElement.dataset.scheme = localStorage.getItem("gradcheck-scheme") || ""; } catch { /* kept from pages on disk by some browsers */ }
  if (!document.documentElement.dataset.scheme) delete document.documentElement.dataset.scheme;
  button.addEventListener("click", () => {
    document.documentElement.dataset.scheme = dark() ? "light" : "dark";
    try { localStorage.setItem("gradcheck-scheme", document.documentElement.dataset.scheme); } catch { /* the same */ }
    say();
  });
  system.addEventListener("change", say);
  say();
  button.hidden = false;
}

function print(on) {
  printing = on;
  show();
}

buildForm();
linkCounts();
offerSchemes();
document.querySelector(".table").append(table);
document.querySelector("#heat .wide").append(heat);
document.querySelectorAll(".table, #filters, .scripted").forEach((part) => { part.hidden = false; });
show();
addEventListener("hashchange", () => { view = viewOf(location.hash); show(); });
addEventListener("popstate", () => { view = viewOf(location.hash); show(); });
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));

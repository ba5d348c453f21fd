// Elements and small drawings. Text is only ever set as text: nothing that a student has written is read as HTML.
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function shape(name, attributes, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

function asPoints(points) {
  return points.toFixed(2).replace(/\.?0+$/, "").replace("-", "−");
}

function lossCurve(one, kind) {
  if (!one.loss) return null;
  const [points, first, last] = one.loss;
  const view = { class: kind, viewBox: "60 8 492 182", preserveAspectRatio: "none", role: "img" };
  return shape("svg", { ...view, "aria-label": `loss from ${first} to ${last}` }, shape("polyline", { points }));
}

// The claimed gradient (squares) beside the derivative of the loss (discs), an entry a line.
function gradientPicture(one, kind) {
  if (!one.gradient) return null;
  const thumb = kind === "dots";
  const step = thumb ? 10 : 22;
  const height = step * one.gradient.length + (thumb ? 4 : 0);
  const left = thumb ? 145 : 0;
  const label = `gradient as claimed beside the derivative: ${one.gradient.map((entry) => entry[0]).join(", ")}`;
  const rows = one.gradient.flatMap(([name, claimed, right], place) => {
    const y = step * (place + 0.5) + (thumb ? 2 : 0);
    const size = thumb ? 9 : 8;
    return [
      thumb ? null : shape("text", { x: 142, y: y + 4, class: "entry" }, name),
      shape("line", { class: "off", x1: claimed, x2: right, y1: y, y2: y }),
      shape("ellipse", { class: "true", cx: right, cy: y, rx: thumb ? 12 : 5, ry: thumb ? 4.5 : 5 }),
      shape("rect", { class: "claimed", x: claimed - (thumb ? 11 : 4), y: y - size / 2, width: thumb ? 22 : 8, height: size }),
    ];
  });
  const zero = shape("line", { class: "zero", x1: one.zero, x2: one.zero, y1: 0, y2: height });
  const view = { class: kind, viewBox: `${left} 0 ${560 - left} ${height}`, role: "img", "aria-label": label };
  return shape("svg", { ...view, preserveAspectRatio: thumb ? "none" : "xMinYMin meet" }, zero, ...rows.filter(Boolean));
}

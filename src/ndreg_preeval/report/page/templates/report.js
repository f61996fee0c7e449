// SPDX-License-Identifier: MIT
"use strict";
// Sorting, and what pointing at an image tells. All that is to be read is there without it.
(() => {
  const SVG = "http://www.w3.org/2000/svg";

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    if (!("key" in cell.dataset)) return cell.textContent.trim();
    const text = cell.dataset.key.replace("inf", "Infinity");
    return Number(text);
  };
  const compare = (a, b) =>
    typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true });

  for (const table of document.querySelectorAll("table.ranking")) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.slice(0, -1).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", column ? "none" : "ascending");
      button.addEventListener("click", () => {
        const rows = [...body.rows];
        const before = head.getAttribute("aria-sort");
        const largeFirst = typeof keyOf(rows[0], column) === "number" && column > 0;
        const first = largeFirst ? "descending" : "ascending";
        const next = before === "none" ? first : before === "ascending" ? "descending" : "ascending";
        const sign = next === "ascending" ? 1 : -1;
        rows.sort((a, b) => sign * compare(keyOf(a, column), keyOf(b, column)));
        body.append(...rows);
        for (const each of heads.slice(0, -1)) each.setAttribute("aria-sort", each === head ? next : "none");
      });
    });
  }

  const number = (value, digits) => (value === null ? "unknown" : value.toFixed(digits));

  for (const source of document.querySelectorAll('script[type="application/json"]')) {
    const stack = source.closest(".stack");
    const plot = stack.querySelector(".plot");
    const told = stack.querySelector(".told");
    const data = JSON.parse(source.textContent);
    const label = stack.querySelector(".y-label").textContent;
    const cursor = document.createElementNS(SVG, "path");
    for (const [name, value] of Object.entries({
      class: "cursor", stroke: "currentColor", "stroke-width": "1", "vector-effect": "non-scaling-stroke",
    })) cursor.setAttribute(name, value);
    let at = null;

    const show = (position) => {
      at = position;
      cursor.setAttribute("d", `M${data.x[at]} 0V100`);
      if (!cursor.parentNode) plot.append(cursor);
      const words = [`Image ${data.image[at]}: shift (${number(data.dy[at], 2)}, ${number(data.dx[at], 2)}) px`];
      if (data.p[at] !== null) words.push(data.p[at] < 0.001 ? "P < 0.001" : `P = ${data.p[at].toFixed(3)}`);
      if (data.value.length) words.push(`${label} = ${data.value[at] === null ? "unknown" : data.value[at]}`);
      if (at in data.told) words.push(data.told[at]);
      told.textContent = words.join(", ");
    };
    const hide = () => {
      at = null;
      cursor.remove();
      told.textContent = "";
    };
    const nearest = (x) => {
      let best = 0;
      data.x.forEach((each, position) => {
        if (Math.abs(each - x) < Math.abs(data.x[best] - x)) best = position;
      });
      return best;
    };
    const point = (event) => {
      const box = plot.getBoundingClientRect();
      show(nearest((1000 * (event.clientX - box.left)) / box.width));
    };

    plot.setAttribute("tabindex", "0");
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") hide();
    });
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const last = data.x.length - 1;
      const moves = { ArrowLeft: (at ?? 1) - 1, ArrowRight: (at ?? -1) + 1, Home: 0, End: last };
      if (!(event.key in moves)) return;
      event.preventDefault();
      show(Math.min(Math.max(moves[event.key], 0), last));
    });
  }
})();

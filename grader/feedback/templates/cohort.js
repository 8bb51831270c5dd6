"use strict";
(() => {
  const table = document.getElementById("students");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const search = document.getElementById("search");
  const state = document.getElementById("state");
  const check = document.getElementById("check");
  const mistake = document.getElementById("mistake");
  const shown = document.getElementById("shown");
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const has = (row, name, value) => !value || (" " + row.dataset[name] + " ").includes(" " + value + " ");

  let pair = "";  // a check and the mistake it showed, chosen in the table of checks

  function filter() {
    const text = search.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const visible = words.get(row).includes(text) && has(row, "state", state.value) &&
        has(row, "failed", check.value) && has(row, "mistakes", mistake.value) &&
        has(row, "pairs", pair);
      row.hidden = !visible;
      count += visible;
    }
    shown.textContent = count + " of " + rows.length;
  }

  function sort(header) {
    const index = header.cellIndex;
    const up = header.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", up ? "ascending" : "descending");
    const numeric = header.classList.contains("num");
    const keys = new Map(rows.map((row) => {
      const cell = row.cells[index];
      const value = cell.dataset.key !== undefined ? cell.dataset.key : cell.textContent.trim();
      return [row, numeric ? (value === "" ? NaN : Number(value)) : value];
    }));
    rows.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b);
      if (numeric) {
        if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : 1;  // unknown marks stay at the end
        if (Number.isNaN(y)) return -1;
        return up ? x - y : y - x;
      }
      return up ? x.localeCompare(y) : y.localeCompare(x);
    });
    body.append(...rows);
  }

  for (const control of [search, state, check, mistake]) {
    control.addEventListener("input", () => {
      if (control === check || control === mistake) pair = "";
      filter();
    });
  }
  for (const header of table.tHead.rows[0].cells) {
    header.querySelector("button").addEventListener("click", () => sort(header));
  }
  document.getElementById("reset").addEventListener("click", () => {
    for (const control of [search, state, check, mistake]) control.value = "";
    pair = "";
    filter();
  });
  for (const button of document.querySelectorAll("button.mistake")) {
    button.addEventListener("click", () => {
      mistake.value = button.dataset.mistake;
      check.value = button.dataset.check;
      search.value = state.value = "";
      pair = button.dataset.check + ":" + button.dataset.mistake;
      filter();
      table.scrollIntoView();
    });
  }
  filter();
})();

"use strict";
(() => {
  const words = JSON.parse(document.getElementById("report-words").textContent);
  const data = document.getElementById("report-data").textContent;
  const study = JSON.parse(data).study.name.replace(/[^A-Za-z0-9._-]+/g, "-");
  const PAGE = 25;

  const save = (name, text, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  // --- tables: search, filter, sort, pages
  const tableTools = (box) => {
    const body = box.querySelector("tbody");
    const heads = [...box.querySelectorAll("thead th")];
    const rows = [...body.rows].map((row, place) => ({
      row,
      place,
      marked: row.classList.contains("marked"),
      found: heads.map((head, k) => ("search" in head.dataset ? row.cells[k].textContent : "")).join(" ").toLowerCase(),
    }));
    const search = box.querySelector("input[type=search]");
    const selects = [...box.querySelectorAll(".tools select")];
    const check = box.querySelector("input[type=checkbox]");
    const output = box.querySelector("output");
    const next = box.querySelector(".next");
    const every = box.querySelector(".every");
    let limit = PAGE;
    let order = { column: -1, down: false };

    const value = (row, k) => {
      const cell = row.cells[k];
      if (heads[k].classList.contains("n")) return "o" in cell.dataset ? Number(cell.dataset.o) : null;
      return cell.textContent;
    };
    const compare = (a, b) => {
      if (order.column < 0) return a.place - b.place;
      const x = value(a.row, order.column), y = value(b.row, order.column);
      if (x === null || y === null) return (x === null) - (y === null) || a.place - b.place;
      const difference = typeof x === "number" ? (x < y ? -1 : x > y ? 1 : 0)
        : x.localeCompare(y, undefined, { numeric: true });
      return (order.down ? -difference : difference) || a.place - b.place;
    };
    const fitting = () => {
      const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      return rows.filter((one) =>
        terms.every((term) => one.found.includes(term)) &&
        selects.every((select) => !select.value || one.row.cells[select.dataset.column].textContent.trim() === select.value) &&
        (!check || !check.checked || one.marked));
    };
    const show = () => {
      const fits = fitting().sort(compare);
      const kept = new Set(fits);
      fits.forEach((one, k) => { one.row.hidden = k >= limit; body.append(one.row); });
      rows.forEach((one) => { if (!kept.has(one)) { one.row.hidden = true; body.append(one.row); } });
      const shown = Math.min(limit, fits.length);
      output.textContent = fits.length
        ? words["tools.shown"].replace("{shown}", shown.toLocaleString("en")).replace("{total}", fits.length.toLocaleString("en"))
        : words["tools.empty"];
      next.hidden = every.hidden = shown >= fits.length;
    };
    const again = () => { limit = PAGE; show(); };

    heads.forEach((head, k) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        order = { column: k, down: order.column === k && !order.down };
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
        again();
      });
    });
    search.addEventListener("input", again);
    selects.forEach((select) => select.addEventListener("change", again));
    if (check) check.addEventListener("change", again);
    box.querySelector(".reset").addEventListener("click", () => {
      search.value = "";
      selects.forEach((select) => { select.value = ""; });
      if (check) check.checked = false;
      order = { column: -1, down: false };
      heads.forEach((head) => head.setAttribute("aria-sort", "none"));
      again();
    });
    next.addEventListener("click", () => { limit += 4 * PAGE; show(); });
    every.addEventListener("click", () => { limit = Infinity; show(); });
    box.querySelector(".save").addEventListener("click", () => {
      // A cell that a spreadsheet would run as a formula gets an apostrophe
      const plain = (text) => text.trim().replace(/\s+/g, " ").replace(/^[=+@-](?![\d.])/, "'$&");
      const lines = [heads, ...fitting().sort(compare).map((one) => [...one.row.cells])];
      save(study + "-candidates.tsv", lines.map((cells) => cells.map((cell) => plain(cell.textContent)).join("\t")).join("\n") + "\n",
        "text/tab-separated-values");
    });
    output.setAttribute("aria-live", "polite");
    box.querySelectorAll(".tools, .more").forEach((part) => { part.hidden = false; });
    show();
  };
  document.querySelectorAll(".table").forEach((box) => { if (box.querySelector(".tools")) tableTools(box); });

  // --- figures: one panel at a time, the same one everywhere
  const figures = [...document.querySelectorAll("figure")].map((figure) => ({
    figure,
    panels: [...figure.querySelectorAll(".panel")],
    inputs: [...figure.querySelectorAll(".chooser input")],
    select: figure.querySelector(".chooser select"),
  }));
  const choose = (key) => {
    figures.forEach((one) => {
      if (!one.panels.some((panel) => panel.dataset.key === key)) return;
      one.panels.forEach((panel) => { panel.hidden = panel.dataset.key !== key; });
      one.inputs.forEach((input) => { input.checked = input.value === key; });
      if (one.select) one.select.value = key;
    });
  };
  figures.forEach((one) => {
    const chooser = one.figure.querySelector(".chooser");
    if (!chooser) return;
    chooser.hidden = false;
    chooser.addEventListener("change", (event) => choose(event.target.value));
    one.panels.forEach((panel, k) => { panel.hidden = k > 0; });
  });

  // --- where in the page the reader is
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const here = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id).setAttribute("aria-current", "true");
    });
  }, { rootMargin: "-15% 0px -75% 0px" });
  document.querySelectorAll("main > section").forEach((section) => here.observe(section));

  const button = document.getElementById("save-json");
  button.hidden = false;
  button.addEventListener("click", () => save(study + "-report.json", data, "application/json"));
})();

"use strict";
(() => {
  const page = document.getElementById("page");
  const study = page.dataset.study.replace(/[^A-Za-z0-9._-]+/g, "-");
  const PAGE = 25;

  const unpacked = async (packed) => {
    const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  const save = (name, text, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  let read = null;
  const data = () => (read ??= unpacked(document.getElementById("report-data").textContent));

  // --- tables: search, filter, sort, pages; a row is made when it is shown
  const tableTools = async (box, words) => {
    const packed = box.querySelector("script.rows");
    const heads = [...box.querySelectorAll("thead th")];
    const language = document.documentElement.lang;
    const body = box.querySelector("tbody");
    const rows = JSON.parse(packed.type === "application/gzip" ? await unpacked(packed.textContent) : packed.textContent);
    const plain = (cell) => (Array.isArray(cell) ? cell[1] : cell);
    const searched = heads.map((head, k) => ("search" in head.dataset ? k : -1)).filter((k) => k >= 0);
    const numeric = heads.map((head) => head.classList.contains("n"));
    rows.forEach((row, place) => {
      row.place = place;
      row.found = searched.map((k) => plain(row.c[k])).join(" ").toLowerCase();
    });
    const search = box.querySelector("input[type=search]");
    const selects = [...box.querySelectorAll(".tools select")];
    const check = box.querySelector("input[type=checkbox]");
    const output = box.querySelector("output");
    const next = box.querySelector(".next");
    const every = box.querySelector(".every");
    const byName = new Intl.Collator(language, { numeric: true });
    let limit = PAGE;
    let order = { column: -1, down: false };

    const made = (row) => {
      if (row.node) return row.node;
      const tr = document.createElement("tr");
      if (row.m) tr.className = "marked";
      row.c.forEach((cell, k) => {
        const kind = heads[k].dataset.kind;
        const td = document.createElement(kind === "name" ? "th" : "td");
        if (kind === "name") td.scope = "row";
        if (numeric[k]) td.className = "n";
        const within = kind === "tag" ? document.createElement("span") : kind === "code" ? document.createElement("code")
          : kind === "name" && row.l ? document.createElement("a") : td;
        if (within !== td) td.append(within);
        if (kind === "tag") within.className = "tag " + (cell[2] || "");
        if (kind === "name" && row.l) within.href = "#" + row.l;
        if (Array.isArray(cell)) within.innerHTML = cell[0]; else within.textContent = cell;
        if (kind === "name" && row.m) {
          const unseen = document.createElement("span");
          unseen.className = "unseen";
          unseen.textContent = " (" + words["tools.passes"] + ")";
          td.append(unseen);
        }
        tr.append(td);
      });
      return (row.node = tr);
    };
    const compare = (a, b) => {
      const k = order.column;
      if (k < 0) return a.place - b.place;
      if (!numeric[k]) {
        const difference = byName.compare(plain(a.c[k]), plain(b.c[k]));
        return (order.down ? -difference : difference) || a.place - b.place;
      }
      const x = a.o[k], y = b.o[k];
      if (x === null || y === null) return (x === null) - (y === null) || a.place - b.place;
      return (order.down ? y - x : x - y) || a.place - b.place;
    };
    const fitting = () => {
      const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      return rows.filter((one) =>
        terms.every((term) => one.found.includes(term)) &&
        selects.every((select) => !select.value || plain(one.c[select.dataset.column]) === select.value) &&
        (!check || !check.checked || one.m)).sort(compare);
    };
    const show = () => {
      const fits = fitting();
      body.replaceChildren(...fits.slice(0, limit).map(made));
      const shown = Math.min(limit, fits.length);
      output.textContent = fits.length
        ? words["tools.shown"].replace("{shown}", shown.toLocaleString(language)).replace("{total}", fits.length.toLocaleString(language))
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
      const safe = (text) => text.trim().replace(/\s+/g, " ").replace(/^[=+@-](?![\d.])/, "'$&");
      const lines = [heads.map((head) => head.textContent), ...fitting().map((one) => one.c.map(plain))];
      save(study + "-" + box.id.replace("table-", "") + ".tsv", lines.map((cells) => cells.map(safe).join("\t")).join("\n") + "\n",
        "text/tab-separated-values");
    });
    box.querySelectorAll(".tools, .more").forEach((part) => { part.hidden = false; });
    show();
  };

  // --- figures: one panel at a time, the same one everywhere
  const figureTools = () => {
    const figures = [...page.querySelectorAll("figure")].map((figure) => ({
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
  };

  // --- the data of a drawing, behind a click
  const charts = (value, found = []) => {
    if (Array.isArray(value)) value.forEach((one) => charts(one, found));
    else if (value && typeof value === "object") {
      if (Array.isArray(value.charts)) found.push(...value.charts);
      Object.keys(value).filter((key) => key !== "charts").sort().forEach((key) => charts(value[key], found));
    }
    return found;
  };
  const asText = (value, name = "") => {
    const label = name ? name + "\t" : "";
    if (value && typeof value === "object" && "say" in value) return [];
    if (!value || typeof value !== "object") return [label + value];
    if (!Array.isArray(value)) return Object.keys(value).flatMap((key) => asText(value[key], name ? name + "." + key : key));
    if (!value.some((one) => one && typeof one === "object")) return [label + value.join("\t")];
    if (value.every((one) => one && !Array.isArray(one) && Object.values(one).every((part) => !part || typeof part !== "object"))) {
      const keys = Object.keys(value[0]);
      return [name, keys.join("\t"), ...value.map((one) => keys.map((key) => one[key]).join("\t"))];
    }
    return value.flatMap((one, k) => asText(one, name + "[" + k + "]"));
  };
  const dataTools = () => {
    page.querySelectorAll("details.data").forEach((box) => box.addEventListener("toggle", async () => {
      const place = box.querySelector("pre");
      if (!box.open || place.textContent) return;
      place.textContent = asText(charts(JSON.parse(await data()))[Number(place.dataset.chart)].data).join("\n");
    }));
  };

  // --- where in the page the reader is, and a dossier that a link asks for
  let here = null;
  const placeTools = () => {
    if (here) here.disconnect();
    const links = new Map([...page.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    here = new IntersectionObserver((entries) => {
      entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id).setAttribute("aria-current", "true");
      });
    }, { rootMargin: "-15% 0px -75% 0px" });
    page.querySelectorAll("main > section").forEach((section) => { if (links.has(section.id)) here.observe(section); });
  };
  const openAsked = () => {
    const asked = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!asked || !asked.matches("details")) return;
    asked.open = true;
    asked.scrollIntoView();
    asked.querySelector("summary").focus({ preventScroll: true });
  };
  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#dossier-']");
    if (link && link.hash === location.hash) openAsked();
  });
  addEventListener("hashchange", openAsked);
  addEventListener("beforeprint", () => page.querySelectorAll("details.dossier").forEach((one) => { one.open = true; }));

  // --- languages: each page but the first lies packed in the file
  const pages = new Map([[document.documentElement.lang, Promise.resolve(page.innerHTML)]]);
  document.querySelectorAll("script[data-language]").forEach((one) => { pages.set(one.dataset.language, one); });
  const speak = async (code) => {
    let text = pages.get(code);
    if (text instanceof Element) pages.set(code, (text = unpacked(text.textContent)));
    page.innerHTML = await text;
    document.documentElement.lang = code;
    await start();
    page.querySelector(`[data-language="${code}"]`).focus();
  };
  const start = async () => {
    const words = JSON.parse(page.querySelector("script.words").textContent);
    document.title = words.title;
    figureTools();
    dataTools();
    placeTools();
    const languages = page.querySelector(".languages");
    if (languages) {
      languages.hidden = false;
      languages.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => {
        if (button.dataset.language !== document.documentElement.lang) speak(button.dataset.language);
      }));
    }
    const button = document.getElementById("save-json");
    button.hidden = false;
    button.addEventListener("click", async () => save(study + "-report.json", await data(), "application/json"));
    await Promise.all([...page.querySelectorAll(".table")].filter((box) => box.querySelector("script.rows"))
      .map((box) => tableTools(box, words)));
    page.dataset.ready = document.documentElement.lang;
    openAsked();
  };
  start();
})();

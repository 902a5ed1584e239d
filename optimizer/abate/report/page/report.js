// Draws the charts, makes the tables sortable and copyable, and moves the explorer. All data stand in #data.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const numbers = new Intl.NumberFormat(data.lang === "zh" ? "zh-CN" : "en-GB", { maximumSignificantDigits: 7 });
  const NARROW = 700;
  const TALL = 420;
  const FEW = 12;

  const embedded = {};

  function fitted(spec, width) {
    // panels side by side stand one below the other on a narrow screen
    const meta = spec.usermeta;
    if (!spec.concat || !meta || !meta.narrow || width >= NARROW) return spec;
    for (const panel of spec.concat) {
      panel.width = Math.round(panel.width * meta.narrow);
      if (meta.aspect) panel.height = Math.round(panel.height * meta.narrow);
    }
    spec.columns = 1;
    return spec;
  }

  async function draw(name) {
    const place = document.getElementById("chart-" + name);
    const chart = data.charts[name];
    const result = await vegaEmbed(place, fitted(structuredClone(chart.spec), place.clientWidth), {
      mode: "vega-lite",
      renderer: chart.renderer,
      actions: { export: { svg: true, png: true }, source: false, compiled: false, editor: false },
      i18n: { CLICK_TO_VIEW_ACTIONS: words.save, PNG_ACTION: words.png, SVG_ACTION: words.svg },
      downloadFileName: name,
      scaleFactor: { png: 2, svg: 1 },
    });
    embedded[name] = result.view;
    place.dataset.drawn = "yes";
    return result.view;
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  function heading(text) {
    // Tabulator takes headings as HTML
    const span = document.createElement("span");
    span.textContent = text;
    return span.innerHTML;
  }

  function columns(table) {
    return table.headings.map((text, place) => ({
      title: heading(text),
      field: "c" + place,
      minWidth: 90,
      maxInitialWidth: 340,
      sorter: table.numeric[place] ? "number" : "string",
      sorterParams: table.numeric[place] ? { alignEmptyValues: "bottom" } : { locale: data.lang },
      hozAlign: table.numeric[place] ? "right" : "left",
      headerWordWrap: true,
      headerHozAlign: table.numeric[place] ? "right" : "left",
      cssClass: table.numeric[place] ? "number" : "",
      ...(table.numeric[place]
        ? { formatter: (cell) => (cell.getValue() === null ? "–" : numbers.format(cell.getValue())) }
        : { accessorDownload: plain, accessorClipboard: plain }),
    }));
  }

  function plain(text) {
    // a spreadsheet would take such a text for a formula
    return typeof text === "string" && /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
  }

  function rowsOf(table) {
    const count = table.columns.length ? table.columns[0].length : 0;
    return Array.from({ length: count }, (_, row) =>
      Object.fromEntries(table.columns.map((column, place) => ["c" + place, column[row]])));
  }

  function tabulate(key) {
    const place = document.getElementById("table-" + key);
    const table = data.tables[key];
    const rows = rowsOf(table);
    const host = document.createElement("div");
    place.querySelector(".rows").append(host);
    const shown = new Tabulator(host, {
      data: rows,
      columns: columns(table),
      layout: "fitDataStretch",
      height: rows.length > FEW ? TALL : false,
      clipboard: "copy",
      clipboardCopyRowRange: "active",
      downloadRowRange: "active",
    });
    const count = document.createElement("output");
    const tools = place.querySelector(".tools");
    if (rows.length > FEW) tools.append(filter(shown, table, rows, count));
    tools.append(
      button(words.copy, () => { shown.copyToClipboard("active"); count.textContent = words.copied; }),
      button(words.csv, () => shown.download("csv", table.name + ".csv", { bom: true })),
      count,
    );
    place.classList.add("enhanced");
    shown.on("tableBuilt", () => { place.dataset.ready = "yes"; });
  }

  function filter(shown, table, rows, count) {
    const box = document.createElement("input");
    box.type = "search";
    box.placeholder = words.filter;
    box.setAttribute("aria-label", words.filter);
    const texts = table.headings.map((_, place) => "c" + place).filter((_, place) => !table.numeric[place]);
    for (const row of rows) row.sought = texts.map((field) => row[field]).join(" ").toLowerCase();
    let waiting;
    box.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const sought = box.value.trim().toLowerCase();
        if (sought) shown.setFilter((row) => row.sought.includes(sought));
        else shown.clearFilter();
        count.textContent = `${shown.getDataCount("active")} / ${rows.length}`;
      }, 150);
    });
    return box;
  }

  function explore(views) {
    const slider = document.getElementById("point");
    if (!slider || !data.explorer) return;
    const { values, changes } = data.explorer;
    const followers = views.filter((view) => { try { view.signal("point"); return true; } catch { return false; } });
    const move = () => {
      const point = Number(slider.value);
      document.getElementById("point-number").textContent = point;
      for (const place of document.querySelectorAll("[data-objective]"))
        place.textContent = values[point][Number(place.dataset.objective)];
      document.getElementById("point-change").textContent = changes[point];
      for (const view of followers) view.signal("point", point).runAsync();
    };
    slider.addEventListener("input", move);
    for (const view of followers)
      view.addEventListener("click", (_, item) => {
        if (!item || !item.datum || !Number.isInteger(item.datum.point)) return;
        slider.value = item.datum.point;
        move();
      });
    move();
  }

  async function start() {
    for (const key of Object.keys(data.tables)) tabulate(key);
    explore(await Promise.all(Object.keys(data.charts).map(draw)));
    document.documentElement.dataset.ready = "yes";
  }

  start();
})();

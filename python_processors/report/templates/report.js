"use strict";
// Draws the matrix, tells of the date that is pointed at, and hands the charts to Vega. Text goes in as text only.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { outcomes, seasons, tables, cell: fields, cells, texts } = data.matrix;
  const root = document.getElementById("matrix");
  const detail = document.getElementById("detail");
  const tip = document.getElementById("tip");
  const FINE = new Set(outcomes.filter((outcome) => outcome.is_fine).map((outcome) => outcome.name));
  const DAY = 86400000;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const byName = new Map(tables.map((table) => [table.name, table]));
  let kept = null;

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const stamp = (iso) => Date.parse(iso + "T00:00:00Z");
  const iso = (time) => new Date(time).toISOString().slice(0, 10);
  const weekday = (time) => (new Date(time).getUTCDay() + 6) % 7; // Monday is 0
  const count = (number) => number.toLocaleString("en-US");
  const plural = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;
  const said = (name) => name.replaceAll("_", " ");

  function stateOf(table, day) {
    const row = cells[table][day];
    if (!row) return null;
    const state = Object.fromEntries(fields.map((name, place) => [name, row[place]]));
    for (const name of ["reason", "output", "input", "input_now", "confirmed_output", "run", "recorded", "logic", "decision"]) {
      state[name] = texts[state[name]];
    }
    state.outcome = outcomes[state.outcome].name;
    return state;
  }

  function drawMatrix() {
    const totals = new Map();
    for (const season of seasons) {
      const first = stamp(season.first) - weekday(stamp(season.first)) * DAY;
      const weeks = Math.floor((stamp(season.last) - first) / (7 * DAY)) + 1;
      const isShort = weeks <= 9;
      root.append(make("h3", "season", season.season));
      const group = make("div", "tables" + (isShort ? " big-cells" : ""));
      group.style.setProperty("--weeks", weeks);
      for (const table of tables) {
        group.append(drawCalendar(table.name, season, first, weeks, isShort, totals));
      }
      root.append(group);
    }
    drawLegend(totals);
  }

  function drawCalendar(table, season, first, weeks, isShort, totals) {
    const figure = make("figure", "calendar");
    const caption = make("figcaption", "", table);
    const months = make("div", "months");
    const grid = make("div", "grid");
    grid.setAttribute("role", "group");
    grid.setAttribute("aria-label", `${table}, ${season.season}: arrow keys move by day and week`);
    let complete = 0;
    let expected = 0;
    let month = -1;
    let lastLabel = -9;
    for (let time = first; time < first + weeks * 7 * DAY; time += DAY) {
      const day = iso(time);
      const week = Math.floor((time - first) / (7 * DAY));
      const inSeason = day >= season.first && day <= season.last;
      if (inSeason && new Date(time).getUTCMonth() !== month) {
        month = new Date(time).getUTCMonth();
        if (week - lastLabel >= (isShort ? 1 : 3)) {
          const label = make("span", "", MONTHS[month]);
          label.style.gridColumn = week + 1;
          months.append(label);
          lastLabel = week;
        }
      }
      const state = inSeason && cells[table][day] ? outcomes[cells[table][day][0]].name : null;
      const shown = state ?? "no_games";
      const isButton = state !== null && state !== "no_games";
      const cell = make(isButton ? "button" : "span", `cell ${shown}`);
      if (!inSeason) cell.style.visibility = "hidden";
      if (isShort) cell.textContent = new Date(time).getUTCDate();
      if (isButton) {
        cell.type = "button";
        cell.tabIndex = -1;
        cell.dataset.table = table;
        cell.dataset.day = day;
        cell.setAttribute("aria-label", `${table}, ${day}: ${said(shown)}`);
        totals.set(shown, (totals.get(shown) ?? 0) + 1);
        if (shown !== "expected_empty" && shown !== "not_requested") expected += 1;
        if (shown === "complete") complete += 1;
      }
      grid.append(cell);
    }
    const entry = grid.querySelector("button.cell:not(.complete):not(.expected_empty):not(.not_requested)") ?? grid.querySelector("button.cell");
    if (entry) entry.tabIndex = 0;
    caption.append(make("span", "", expected ? `${complete}/${expected} complete` : "none expected"));
    figure.append(caption, months, grid);
    return figure;
  }

  function drawLegend(totals) {
    const legend = document.getElementById("legend");
    for (const { name, words } of outcomes) {
      if (name === "no_games") continue;
      const button = make("button");
      button.type = "button";
      button.title = words;
      button.dataset.outcome = name;
      button.disabled = !totals.get(name);
      button.setAttribute("aria-pressed", "false");
      button.append(make("span", `swatch ${name}`), said(name), make("b", "", count(totals.get(name) ?? 0)));
      button.addEventListener("click", () => {
        const wasOn = button.getAttribute("aria-pressed") === "true";
        for (const other of legend.children) other.setAttribute("aria-pressed", "false");
        for (const cell of root.querySelectorAll(".lit")) cell.classList.remove("lit");
        root.classList.toggle("only", !wasOn);
        if (!wasOn) {
          button.setAttribute("aria-pressed", "true");
          for (const cell of root.querySelectorAll(`button.cell.${name}`)) cell.classList.add("lit");
        }
      });
      legend.append(button);
    }
    const next = document.getElementById("next");
    const open = [...root.querySelectorAll("button.cell")].filter((cell) => !FINE.has(cell.classList[1]));
    next.hidden = !open.length;
    next.addEventListener("click", () => {
      const place = open.indexOf(kept) + 1;
      keep(open[place % open.length], true);
    });
  }

  function line(text, isChanged) {
    return make("li", isChanged ? "changed" : "", text);
  }

  function tell(cell) {
    const { table, day } = cell.dataset;
    const state = stateOf(table, day);
    const logic = byName.get(table).logic;
    const close = make("button", "close", "×");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => { detail.classList.remove("open"); release(); cell.focus(); });
    const title = make("h3", "", `${table}, ${day}`);
    const outcome = make("p");
    outcome.append(make("span", `chip ${state.outcome}`, said(state.outcome)));
    const parts = [close, title, outcome, make("p", "reason", state.reason || outcomes.find((o) => o.name === state.outcome).words)];
    if (state.expected !== null || state.actual) {
      const rows = make("p", "counts", count(state.actual));
      rows.append(make("small", "", state.expected === null ? " rows; nobody has counted how many are expected" : ` of ${count(state.expected)} rows`));
      parts.push(rows);
    }
    if (state.decision) parts.push(make("h4", "", "Last decision"), make("p", "decision", state.decision));
    parts.push(make("h4", "", "Fingerprint chain"));
    const chain = make("ol");
    if (!state.recorded) {
      chain.append(line("No run has confirmed this date.", true), line(`Inputs now: ${state.input_now || "none"}`), line(`Rows now: ${state.output}`));
    } else {
      const changed = state.reads.filter((read) => read.length > 2);
      const input = line("", state.input !== state.input_now);
      input.append(make("b", "", "Inputs "), make("code", "", state.input));
      if (state.input !== state.input_now) input.append(make("span", "changed-mark", " are now "), make("code", "", state.input_now));
      else input.append(", unchanged since");
      if (state.reads.length) input.append(reads(table, state.reads, changed));
      const code = line("", table in cells && state.logic !== logic);
      code.append(make("b", "", "Logic "), make("code", "", state.logic));
      if (state.logic !== logic) code.append(make("span", "changed-mark", " is now "), make("code", "", logic));
      else code.append(", the code of now");
      const output = line("", state.output !== state.confirmed_output);
      output.append(make("b", "", "Rows "), make("code", "", state.confirmed_output));
      if (state.output !== state.confirmed_output) output.append(make("span", "changed-mark", " are now "), make("code", "", state.output));
      else output.append(", as they were published");
      const run = line("");
      run.append(make("b", "", "Confirmed "), `${state.recorded} by run `, make("code", "", state.run));
      chain.append(input, code, output, run);
    }
    parts.push(chain, make("code", "small", `fullcourt explain ${table} ${day}`));
    detail.replaceChildren(...parts);
    detail.classList.add("open");
  }

  function reads(table, all, changed) {
    const names = byName.get(table).reads;
    const box = make("div", "reads");
    for (const [name, before, now] of changed) {
      const row = make("div", "", `${names[name]}: `);
      row.append(make("code", "", seen(texts[before])), make("span", "changed-mark", " → "), make("code", "", seen(texts[now])));
      row.title = `${texts[before]} → ${texts[now]}`;
      box.append(row);
    }
    const same = all.filter((read) => read.length === 2);
    if (same.length) {
      const others = make("details");
      others.append(make("summary", "small", `${plural(same.length, changed.length ? "other read" : "read")}, not changed`));
      for (const [name, before] of same) {
        const row = make("div", "", `${names[name]}: ${plural(Number(texts[before].split(":")[0]), "row")}`);
        row.title = texts[before];
        others.append(row);
      }
      box.append(others);
    }
    return box;
  }

  function seen(fingerprint) {
    if (!fingerprint) return "not read";
    const [rows, high, low] = fingerprint.split(":");
    return `${plural(Number(rows), "row")} ${high}:${low}`;
  }

  function keep(cell, focus) {
    release();
    kept = cell;
    tip.hidden = true;
    cell.classList.add("chosen");
    tell(cell);
    history.replaceState(null, "", `#${cell.dataset.table}/${cell.dataset.day}`);
    if (focus) enter(cell);
  }

  function release() {
    if (kept) kept.classList.remove("chosen");
    kept = null;
  }

  function enter(cell) {
    for (const other of cell.parentElement.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest" });
  }

  function point(cell, x, y) {
    const { table, day } = cell.dataset;
    const state = stateOf(table, day);
    const rows = state.expected === null ? `${count(state.actual)} rows` : `${count(state.actual)} of ${count(state.expected)} rows`;
    tip.textContent = `${day}: ${said(state.outcome)}, ${rows}${state.reason ? ". " + state.reason.slice(0, 160) : ""}`;
    tip.hidden = false;
    tip.style.left = Math.min(x + 12, innerWidth - 310) + "px";
    tip.style.top = Math.min(y + 14, innerHeight - 90) + "px";
  }

  function listen() {
    root.addEventListener("click", (event) => {
      const cell = event.target.closest("button.cell");
      if (cell) keep(cell, true);
    });
    root.addEventListener("mousemove", (event) => {
      const cell = event.target.closest("button.cell");
      if (cell && cell !== kept) point(cell, event.clientX, event.clientY);
      else tip.hidden = true;
    });
    root.addEventListener("mouseleave", () => { tip.hidden = true; });
    root.addEventListener("mouseover", (event) => {
      const cell = event.target.closest("button.cell");
      if (cell && !kept && innerWidth > 900) tell(cell);
    });
    root.addEventListener("focusin", (event) => {
      const cell = event.target.closest("button.cell");
      if (cell && cell !== kept && cell.matches(":focus-visible")) { release(); tell(cell); }
    });
    root.addEventListener("keydown", (event) => {
      const cell = event.target.closest("button.cell");
      const days = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 7, ArrowLeft: -7 }[event.key];
      if (!cell || !days) return;
      event.preventDefault();
      const all = [...cell.parentElement.children];
      for (let place = all.indexOf(cell) + days; place >= 0 && place < all.length; place += days) {
        if (all[place].matches("button")) return enter(all[place]);
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { release(); detail.classList.remove("open"); }
    });
    addEventListener("hashchange", fromHash);
  }

  function fromHash() {
    const [table, day] = decodeURIComponent(location.hash.slice(1)).split("/");
    const cell = [...root.querySelectorAll("button.cell")].find((one) => one.dataset.table === table && one.dataset.day === day);
    if (!cell) return;
    keep(cell, true);
    cell.closest(".calendar").scrollIntoView({ block: "center" });
  }

  function drawCharts() {
    const colours = getComputedStyle(document.documentElement);
    const colour = (name) => colours.getPropertyValue("--" + name).trim();
    const axis = { labelColor: colour("soft"), titleColor: colour("soft"), gridColor: colour("line"), domainColor: colour("line"), tickColor: colour("line") };
    for (const [id, spec] of Object.entries(data.charts)) {
      const place = document.getElementById(id);
      const params = ["accent", "faint", "complete", "stale", "failed", "blocked"].map((name) => ({ name, value: colour(name) }));
      vegaEmbed(place, { ...spec, params }, {
        actions: false, renderer: "svg", ast: true, mode: "vega-lite",
        tooltip: { theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light" },
        config: { background: null, view: { stroke: null }, axis, legend: { labelColor: colour("text"), orient: "top" }, font: "system-ui, sans-serif", },
      }).catch((error) => place.replaceChildren(make("p", "small", `This chart could not be drawn: ${error.message}`)));
    }
  }

  drawMatrix();
  listen();
  fromHash();
  drawCharts();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
  document.documentElement.dataset.ready = "true";
})();

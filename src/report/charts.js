// Draws the charts anew when a filter or another measure is chosen, with the geometry of the charts that came with the
// page; lets them be used with pointer and keys, and saved.
"use strict";

const Charts = (() => {
  const TONES = ["#a6611a", "#8c8c8c", "#01796f"];
  const COVERAGE = "#4d5560";
  const NONE = "–";
  let data, link, act, shown, width;
  const [PASSAGES, ARTICLES, NEGATIVE, , POSITIVE] = [0, 1, 2, 3, 4];

  const figures = () => document.querySelectorAll("figure.chart");
  // Not toLocaleString, which takes most of the time of a filter.
  const comma = (number) => (number < 1000 ? String(number) : String(number).replace(/\B(?=(\d{3})+$)/g, ","));
  const percent = (part, whole) => (whole ? (100 * part / whole).toFixed(1) + "%" : NONE);
  const round = (value) => Math.round(value * 10) / 10;
  const plural = (number, noun) => comma(number) + " " + noun + (number === 1 ? "" : "s");

  function svgElement(name, attributes, text) {
    const element = document.createElementNS(document.querySelector("svg").namespaceURI, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // As in scale.rs.
  function ticks(highest, least) {
    if (!(highest > 0)) highest = least;
    const wanted = highest / 3;
    const power = 10 ** Math.floor(Math.log10(wanted));
    let step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= wanted * 0.999999);
    step = Math.max(step, least);
    if (least >= 1) step = Math.ceil(step);
    const count = Math.max(1, Math.ceil(highest / step - 1e-9));
    return Array.from({ length: count + 1 }, (_, index) => index * step);
  }

  const start = (index) => data.chart[2] + width * index;
  const centre = (index) => start(index) + width / 2;
  const [top, bottom] = [() => data.chart[4], () => data.chart[5]];
  const place = (value, high) => bottom() - value / high * (bottom() - top());
  const isComplete = (index) => data.slots[index][2] === 1;
  const incomplete = (index) => (isComplete(index) ? "" : "; incomplete period");

  function drawAxis(svg, axis) {
    const lines = [];
    for (const [y, label] of axis) {
      const [left, right] = [data.chart[2], data.chart[3]];
      lines.push(svgElement("line", { class: "grid", x1: left, x2: right, y1: round(y), y2: round(y), stroke: "#e2e0da" }));
      lines.push(svgElement("text", { class: "tick", x: left - 6, y: round(y + 3.5), "text-anchor": "end", fill: "#5f6368" }, label));
    }
    svg.querySelector(".y").replaceChildren(...lines);
  }

  // Replaces the marks of every point; `mark` gives them and a function for what they say, which is asked for only when
  // somebody wants to know.
  const says = new WeakMap();

  function drawPoints(svg, mark) {
    svg.querySelectorAll(".point").forEach((point, index) => {
      const [marks, words] = mark(index);
      while (point.children.length > 1) point.lastChild.remove();
      point.append(...marks);
      point.removeAttribute("aria-label");
      says.set(point, words);
    });
  }

  // Gives a point its name for those who hear the page. An outlet has its own: what is written there.
  function name(point) {
    if (point.dataset.outlet === undefined && !point.hasAttribute("aria-label")) point.setAttribute("aria-label", says.get(point)());
  }

  // The names of all points, of which there are thousands, are given when the page rests.
  let rest = 0;
  function nameLater() {
    clearTimeout(rest);
    rest = setTimeout(() => document.querySelectorAll("figure.chart .point").forEach(name), 50);
  }

  function column(index, from, to, colour, kind) {
    const gap = Math.min(width * 0.12, 2);
    return svgElement("rect", {
      class: kind + (isComplete(index) ? "" : " open"), x: round(start(index) + gap), y: round(from),
      width: round(width - 2 * gap), height: round(to - from),
      fill: isComplete(index) ? colour : "#fff", stroke: colour, "stroke-width": isComplete(index) ? 0 : 1,
    });
  }

  // The line of shares pools the passages of a period and its neighbours; it breaks where these hold none.
  function pooled(theme, high) {
    let path = "";
    let isDown = false;
    data.slots.forEach((_, index) => {
      const [from, to] = [Math.max(0, index - data.window), Math.min(data.slots.length, index + data.window + 1)];
      const sum = (cells) => cells.slice(from, to).reduce((sum, cell) => sum + cell[PASSAGES], 0);
      const [part, whole] = [sum(shown.series[theme].cells), sum(shown.base.cells)];
      if (whole) path += (isDown ? "L" : "M") + round(centre(index)) + " " + round(place(part / whole, high));
      isDown = whole > 0;
    });
    return path;
  }

  function drawTheme(figure, theme, high, axis) {
    const svg = figure.querySelector("svg");
    const isShare = shown.measure !== "counts";
    const line = svg.querySelector(".line");
    const colour = line.getAttribute("stroke");
    const most = Math.max(1, ...shown.base.cells.map((cell) => cell[PASSAGES]));
    const value = (index) => {
      const [part, whole] = [shown.series[theme].cells[index][PASSAGES], shown.base.cells[index][PASSAGES]];
      return whole ? (isShare ? part / whole : part) : null;
    };
    line.setAttribute("d", isShare ? pooled(theme, high) : "");
    drawAxis(svg, axis);
    drawPoints(svg, (index) => {
      const [cell, all] = [shown.series[theme].cells[index], shown.base.cells[index]];
      const period = data.slots[index][3];
      if (value(index) === null) return [[], () => period + ": no passages"];
      const words = () => `${period}: ${comma(cell[PASSAGES])} of ${plural(all[PASSAGES], "passage")} (${percent(cell[PASSAGES], all[PASSAGES])}), `
        + `${comma(cell[ARTICLES])} of ${plural(all[ARTICLES], "article")}${incomplete(index)}`;
      if (!isShare) return [cell[PASSAGES] ? [column(index, place(value(index), high), bottom(), colour, "bar of-theme")] : [], words];
      return [[svgElement("circle", {
        class: isComplete(index) ? "dot" : "dot open", cx: round(centre(index)), cy: round(place(value(index), high)),
        r: round(data.radius[0] + data.radius[1] * Math.sqrt(all[PASSAGES] / most)), stroke: colour,
        fill: isComplete(index) ? colour : "#fff",
      })], words];
    });
    svg.setAttribute("aria-label", `${data.names[theme]}: ${isShare ? "share" : "number"} of passages per ${data.period}`);
  }

  function drawThemes() {
    const isShare = shown.measure !== "counts";
    let highest = 0;
    for (const series of shown.series) {
      series.cells.forEach((cell, index) => {
        const whole = shown.base.cells[index][PASSAGES];
        if (whole) highest = Math.max(highest, isShare ? cell[PASSAGES] / whole : cell[PASSAGES]);
      });
    }
    const values = ticks(highest, isShare ? 0.01 : 1);
    const high = values[values.length - 1];
    const axis = values.map((value) => [place(value, high), isShare ? round(value * 100) + "%" : comma(value)]);
    document.querySelectorAll("figure.chart[data-theme]").forEach((figure) => {
      drawTheme(figure, data.themes.indexOf(figure.dataset.theme), high, axis);
    });
  }

  function drawCoverage(svg) {
    const values = ticks(Math.max(0, ...shown.match.cells.map((cell) => cell[PASSAGES])), 1);
    const high = values[values.length - 1];
    drawAxis(svg, values.map((value) => [place(value, high), comma(value)]));
    drawPoints(svg, (index) => {
      const [passages, articles] = shown.match.cells[index];
      const words = () => `${data.slots[index][3]}: ${plural(passages, "passage")} in ${plural(articles, "article")}${incomplete(index)}`;
      return [passages ? [column(index, place(passages, high), bottom(), COVERAGE, "bar")] : [], words];
    });
  }

  function drawSentiment(svg) {
    const middle = (top() + bottom()) / 2;
    const half = middle - top();
    drawPoints(svg, (index) => {
      const cell = shown.tones.cells[index];
      const period = data.slots[index][3];
      const whole = cell[PASSAGES];
      if (!whole) return [[], () => period + ": no passages"];
      const marks = [];
      const [positive, negative] = [cell[POSITIVE] / whole, cell[NEGATIVE] / whole];
      if (positive) marks.push(column(index, middle - positive * half, middle, TONES[2], "bar positive"));
      if (negative) marks.push(column(index, middle, middle + negative * half, TONES[0], "bar negative"));
      return [marks, () => `${period}: ${comma(cell[NEGATIVE])} negative (${percent(cell[NEGATIVE], whole)}), ${comma(cell[3])} neutral, `
        + `${comma(cell[POSITIVE])} positive (${percent(cell[POSITIVE], whole)}) of ${plural(whole, "passage")}${incomplete(index)}`];
    });
  }

  function drawOutlets(svg) {
    const points = [...svg.querySelectorAll(".point")];
    const most = Math.max(1, ...points.map((_, index) => shown.outlets[index][PASSAGES]));
    points.forEach((point, index) => {
      const bar = point.querySelector(".bar");
      const [passages, articles] = shown.outlets[index];
      const length = passages / most * data.bar;
      bar.setAttribute("width", round(length));
      const count = point.querySelector(".count");
      count.setAttribute("x", round(length + 6));
      count.textContent = comma(passages);
      says.set(point, () => `${data.outlets[index][1] || "outlet not known"}: ${plural(passages, "passage")} in ${plural(articles, "article")}`);
    });
  }

  // The rows of the table behind a chart: each with the name, then values; a value may be a pair of number and link.
  function rows(figure) {
    const theme = data.themes.indexOf(figure.dataset.theme);
    const yes = (index) => (index === null ? "" : isComplete(index) ? "yes" : "no");
    const slots = [...data.slots.keys(), null];
    const cellOf = (series, index) => (index === null ? series.undated : series.cells[index]);
    if (theme >= 0) {
      return slots.map((index) => {
        const [cell, all] = [cellOf(shown.series[theme], index), cellOf(shown.base, index)];
        const share = all[PASSAGES] ? cell[PASSAGES] / all[PASSAGES] : null;
        return [[cell[PASSAGES], link(index, theme)], all[PASSAGES], { share }, cell[ARTICLES], all[ARTICLES], yes(index)];
      });
    }
    if (figure.dataset.chart === "outlets") {
      return shown.outlets.map((cell, index) => [[cell[0], link(null, -1, "", index)], cell[1], cell[2], cell[3], cell[4]]);
    }
    const isSentiment = figure.dataset.chart === "sentiment";
    return slots.map((index) => {
      const cell = cellOf(isSentiment ? shown.tones : shown.match, index);
      if (!isSentiment) return [[cell[PASSAGES], link(index, -1)], cell[ARTICLES], yes(index)];
      const tones = ["negative", "neutral", "positive"].map((name, tone) => [cell[NEGATIVE + tone], link(index, -1, name)]);
      return [...tones, cell[PASSAGES], yes(index)];
    });
  }

  function fillTable(figure) {
    const bodies = figure.querySelectorAll("tbody tr");
    const values = rows(figure);
    bodies.forEach((row, index) => {
      values[index].forEach((value, place) => {
        const cell = row.children[place + 1];
        if (Array.isArray(value)) {
          if (!value[0]) { cell.textContent = "0"; return; }
          const anchor = document.createElement("a");
          anchor.href = value[1];
          anchor.textContent = comma(value[0]);
          cell.replaceChildren(anchor);
        } else if (value && typeof value === "object") {
          cell.textContent = value.share === null ? NONE : (100 * value.share).toFixed(1) + "%";
        } else {
          cell.textContent = typeof value === "number" ? comma(value) : value;
        }
      });
    });
  }

  // Says in headings, captions and the names of charts which passages they count.
  function caption(figure) {
    let what = "about SEND";
    if (shown.isFiltered) what = "matching the filter";
    if (shown.isToned && figure.dataset.chart === "sentiment") what += " but for their sentiment";
    figure.querySelectorAll(".what").forEach((words) => { words.textContent = what; });
    const svg = figure.querySelector("svg");
    svg.setAttribute("aria-label", svg.getAttribute("aria-label").replace(/about SEND|matching the filter/, what.replace(/ but.*/, "")));
  }

  // Draws every chart with these counts.
  function show(counts) {
    shown = counts;
    document.documentElement.classList.toggle("is-filtered", shown.isFiltered);
    drawThemes();
    nameLater();
    figures().forEach((figure) => {
      const svg = figure.querySelector("svg");
      caption(figure);
      if (figure.dataset.chart === "coverage") drawCoverage(svg);
      if (figure.dataset.chart === "sentiment") drawSentiment(svg);
      if (figure.dataset.chart === "outlets") drawOutlets(svg);
      if (figure.querySelector("details").open) fillTable(figure);
    });
  }

  function csv(figure) {
    const isOutlets = figure.dataset.chart === "outlets";
    const heads = { outlets: "passages,articles,negative,neutral,positive", coverage: "passages,articles,complete",
      sentiment: "negative,neutral,positive,passages,complete" }[figure.dataset.chart]
      || "passages,all_passages,share,articles,all_articles,complete";
    // A spreadsheet runs what begins like a formula.
    const quoted = (text) => '"' + (/^[=+\-@\t\r]/.test(text) ? "'" : "") + String(text).replace(/"/g, '""') + '"';
    const plain = (value) => (Array.isArray(value) ? value[0] : value && typeof value === "object" ? value.share ?? "" : value);
    const lines = rows(figure).map((values, index) => {
      const slot = data.slots[index];
      const key = isOutlets ? quoted(data.outlets[index][0]) : slot ? slot[0] + "," + slot[1] : ",";
      return key + "," + values.map(plain).join(",");
    });
    return "\ufeff" + (isOutlets ? "outlet," : "date,last_day,") + heads + "\n" + lines.join("\n") + "\n";
  }

  function standalone(figure) {
    const svg = figure.querySelector("svg").cloneNode(true);
    svg.querySelectorAll(".hit, .brush").forEach((element) => element.remove());
    const [, , boxWidth, boxHeight] = svg.getAttribute("viewBox").split(" ").map(Number);
    svg.setAttribute("viewBox", `-12 -34 ${boxWidth + 24} ${boxHeight + 64}`);
    const heading = figure.querySelector("h3").textContent + (shown.isFiltered ? ", filtered" : "");
    const text = (y, size, words) => svgElement("text", { x: 0, y, "font-size": size, fill: "#1f2328" }, words);
    svg.prepend(svgElement("rect", { x: -12, y: -34, width: boxWidth + 24, height: boxHeight + 64, fill: "#fff" }),
      text(-14, 15, heading), text(boxHeight + 20, 9, svg.getAttribute("aria-label") + ". " + data.run));
    svg.prepend(svgElement("metadata", {}, csv(figure)));
    return new XMLSerializer().serializeToString(svg);
  }

  function save(event) {
    const anchor = event.target.closest(".save-svg, .save-csv");
    if (!anchor) return;
    const figure = anchor.closest("figure");
    const isSvg = anchor.classList.contains("save-svg");
    const text = isSvg ? standalone(figure) : csv(figure);
    const url = URL.createObjectURL(new Blob([text], { type: isSvg ? "image/svg+xml" : "text/csv;charset=utf-8" }));
    anchor.download = "sendlens-" + (figure.dataset.theme || figure.dataset.chart) + (isSvg ? ".svg" : ".csv");
    anchor.href = url;
    setTimeout(() => { URL.revokeObjectURL(url); anchor.href = "#"; }, 1000);
  }

  // One stop for the tab key per chart; arrows move from point to point.
  function keys(event) {
    const point = event.target.closest(".point");
    if (!point) return;
    const points = [...point.parentNode.querySelectorAll(".point")];
    const index = points.indexOf(point);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -index, End: points.length - 1 - index }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = points[Math.min(points.length - 1, Math.max(0, index + step))];
      point.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      name(next);
      next.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      activate(point, event.target);
    }
  }

  function activate(point, target) {
    const figure = point.closest("figure");
    if (point.dataset.outlet !== undefined) return act.outlet(Number(point.dataset.outlet));
    const index = data.slots.findIndex((slot) => slot[0] === point.dataset.period);
    const tone = ["negative", "positive"].find((name) => target.classList.contains(name)) || "";
    act.period(index, data.themes.indexOf(figure.dataset.theme), tone);
  }

  function say(event) {
    const point = event.target.closest(".point");
    if (point) point.closest("figure").querySelector(".readout").textContent = says.get(point)();
  }

  // Dragging along the time axis chooses a range of dates.
  function brush(svg) {
    let from = null;
    let isDragged = false;
    const slotAt = (event) => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * data.chart[0];
      return Math.min(data.slots.length - 1, Math.max(0, Math.floor((x - data.chart[2]) / width)));
    };
    const rect = svg.querySelector(".brush");
    svg.addEventListener("pointerdown", (event) => {
      if (event.button === 0) from = { x: event.clientX, slot: slotAt(event) };
      isDragged = false;
    });
    svg.addEventListener("pointermove", (event) => {
      if (!from || !data.slots.length || Math.abs(event.clientX - from.x) < 6) return;
      if (!isDragged) svg.setPointerCapture(event.pointerId);
      isDragged = true;
      const [low, high] = [from.slot, slotAt(event)].sort((left, right) => left - right);
      rect.setAttribute("x", round(start(low)));
      rect.setAttribute("width", round(width * (high - low + 1)));
      rect.classList.add("on");
    });
    const end = (event) => {
      rect.classList.remove("on");
      if (from && isDragged && event.type === "pointerup") {
        const [low, high] = [from.slot, slotAt(event)].sort((left, right) => left - right);
        act.range(data.slots[low][0], data.slots[high][1]);
      }
      from = null;
    };
    svg.addEventListener("pointerup", end);
    svg.addEventListener("pointercancel", end);
    svg.addEventListener("click", (event) => {
      const point = !isDragged && event.target.closest(".point");
      if (point) activate(point, event.target);
      isDragged = false;
    });
  }

  // `makeLink` gives the address of a number's passages; `actions` are told what was chosen.
  function begin(block, counts, makeLink, actions) {
    [data, shown, link, act] = [block, counts, makeLink, actions];
    width = (data.chart[3] - data.chart[2]) / Math.max(1, data.slots.length);
    figures().forEach((figure) => {
      const svg = figure.querySelector("svg");
      svg.querySelectorAll(".point").forEach((point, index) => {
        point.setAttribute("tabindex", index ? "-1" : "0");
        point.setAttribute("role", "button");
        // The readout below the heading takes the place of the tooltip.
        const title = point.querySelector("title");
        const words = title.textContent;
        says.set(point, () => words);
        name(point);
        title.remove();
      });
      if (figure.dataset.chart === "outlets") {
        svg.addEventListener("click", (event) => {
          const point = event.target.closest(".point");
          if (point) activate(point, event.target);
        });
      } else {
        brush(svg);
      }
      svg.addEventListener("pointerover", say);
      svg.addEventListener("focusin", say);
      svg.addEventListener("keydown", keys);
      figure.querySelector("details").addEventListener("toggle", () => fillTable(figure));
      figure.addEventListener("click", save);
    });
  }

  return { begin, show, comma };
})();

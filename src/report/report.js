// Filters: the fragment of the address is the state; form, charts and passages follow it.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("filters");
  const list = document.getElementById("list");
  const more = document.getElementById("more");
  const STEP = 50;
  const TONES = ["negative", "neutral", "positive"];
  const [COUNTED, RELEVANT, PERSON] = [1, 2, 4];

  // Articles and passages, unpacked into columns.
  const articles = data.articles.map(([id, title, outlet, date, precision, source, confidence, read, url, isDated, slot]) =>
    ({ id, title, outlet, date, precision, source, confidence, read, url, isDated: isDated === 1, slot }));
  const of = [], position = [], flags = [], tone = [], themes = [], texts = [];
  data.articles.forEach((row, article) => {
    for (const [number, flag, sentiment, given, text] of row[11]) {
      of.push(article); position.push(number); flags.push(flag); tone.push(sentiment); themes.push(given); texts.push(text);
    }
  });
  const isOf = data.themes.map(() => new Uint8Array(of.length));
  themes.forEach((given, passage) => given.forEach((theme) => { isOf[theme][passage] = 1; }));
  let lower = null;
  const idOf = (passage) => articles[of[passage]].id + "#" + position[passage];
  // Newest first, the undated last.
  const key = (passage) => articles[of[passage]].date || "";
  const order = [...of.keys()].filter((passage) => flags[passage] & COUNTED)
    .sort((left, right) => (key(left) < key(right) ? 1 : key(left) > key(right) ? -1 : left - right));

  // Without a filter, those come first that the page begins with.
  const first = new Set(data.first);
  const firstOnTop = [...order.filter((passage) => first.has(idOf(passage))), ...order.filter((passage) => !first.has(idOf(passage)))];

  let state = empty();
  let found = [];
  let limit = STEP;

  function empty() {
    return { theme: [], match: "any", and: [], not: [], outlet: [], from: "", to: "", undated: "", sentiment: [], text: "",
      relevant: "", measure: "", passage: "" };
  }

  function decode(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  function parse(fragment) {
    const read = empty();
    const names = (text) => text.split(",").filter((name) => name);
    for (const part of fragment.replace(/^#/, "").split("&")) {
      const at = part.indexOf("=");
      if (at < 0) continue;
      const [name, value] = [part.slice(0, at), decode(part.slice(at + 1))];
      if (name === "theme" || name === "and" || name === "not") read[name] = names(value).filter((theme) => data.themes.includes(theme));
      else if (name === "sentiment") read.sentiment = names(value).filter((word) => TONES.includes(word));
      else if (name === "outlet") read.outlet.push(value);
      else if (name === "match") read.match = value === "all" ? "all" : "any";
      else if (name === "from" || name === "to") read[name] = /^\d{4}-\d\d-\d\d$/.test(value) ? value : "";
      else if (name === "undated") read.undated = value === "only" || value === "no" ? value : "";
      else if (name === "relevant") read.relevant = value === "no" ? value : "";
      else if (name === "measure") read.measure = value === "counts" ? value : "";
      else if (name === "text" || name === "passage") read[name] = value;
    }
    return read;
  }

  function fragment(of) {
    const parts = [];
    const add = (name, value) => parts.push(name + "=" + encodeURIComponent(value).replace(/%2C/g, ","));
    if (of.theme.length) add("theme", of.theme.join(","));
    if (of.match === "all") add("match", "all");
    if (of.and.length) add("and", of.and.join(","));
    if (of.not.length) add("not", of.not.join(","));
    of.outlet.forEach((name) => add("outlet", name));
    for (const name of ["from", "to", "undated"]) if (of[name]) add(name, of[name]);
    if (of.sentiment.length) add("sentiment", of.sentiment.join(","));
    for (const name of ["text", "relevant", "measure", "passage"]) if (of[name]) add(name, of[name]);
    return "#" + parts.join("&");
  }

  const isFiltered = () => ["theme", "and", "not", "outlet", "sentiment"].some((name) => state[name].length)
    || ["from", "to", "undated", "text", "relevant"].some((name) => state[name]);

  // Which articles are of the outlets and dates chosen. Dates are compared as `sendlens query --since --until` does.
  function wantedArticles() {
    const outlets = new Set(state.outlet);
    return articles.map((article) => {
      if (outlets.size && !outlets.has(data.outlets[article.outlet][0])) return false;
      if (state.undated === "only" && article.isDated) return false;
      if (state.undated === "no" && !article.isDated) return false;
      if (!state.from && !state.to) return true;
      return article.date !== null && (!state.from || article.date >= state.from) && (!state.to || article.date <= state.to);
    });
  }

  // Which passages are of the themes and hold the text; their sentiment is asked for later.
  function wantedLabels() {
    const [wanted, needed, unwanted] = [state.theme, state.and, state.not]
      .map((names) => names.map((name) => isOf[data.themes.indexOf(name)]));
    const needle = state.text.toLowerCase();
    if (needle && !lower) lower = texts.map((text) => (text || "").toLowerCase());
    const isAll = state.match === "all";
    return (passage) => {
      if (wanted.length && !(isAll ? wanted.every((of) => of[passage]) : wanted.some((of) => of[passage]))) return false;
      if (!needed.every((of) => of[passage]) || unwanted.some((of) => of[passage])) return false;
      return !needle || lower[passage].includes(needle);
    };
  }

  // Counts per period as the tables have them: passages, articles, negative, neutral, positive.
  function counter() {
    const cells = data.slots.map(() => [0, 0, 0, 0, 0]);
    const undated = [0, 0, 0, 0, 0];
    let last = -1;
    const add = (passage) => {
      const article = of[passage];
      const slot = articles[article].slot;
      const cell = slot === null ? undated : cells[slot];
      cell[0] += 1;
      cell[2 + tone[passage]] += 1;
      if (article !== last) cell[1] += 1;
      last = article;
    };
    return { cells, undated, add };
  }

  // Finds what matches. The denominators are the passages about SEND of the outlets and dates chosen; shares of sentiment
  // are of what matches but for its sentiment.
  function filter() {
    const isArticle = wantedArticles();
    const isLabelled = wantedLabels();
    const isOffTopic = state.relevant === "no";
    const isToned = TONES.map((word) => !state.sentiment.length || state.sentiment.includes(word));
    const [base, match, tones] = [counter(), counter(), counter()];
    const series = data.themes.map(counter);
    const outlets = data.outlets.map(() => [0, 0, 0, 0, 0]);
    const seen = new Set();
    found = [];
    for (const passage of order) {
      const article = of[passage];
      if (!isArticle[article]) continue;
      const isRelevant = (flags[passage] & RELEVANT) !== 0;
      if (isRelevant) base.add(passage);
      if (isRelevant === isOffTopic || !isLabelled(passage)) continue;
      tones.add(passage);
      if (!isToned[tone[passage]]) continue;
      found.push(passage);
      match.add(passage);
      for (let theme = 0; theme < series.length; theme += 1) if (isOf[theme][passage]) series[theme].add(passage);
      const cell = outlets[articles[article].outlet];
      cell[0] += 1;
      cell[2 + tone[passage]] += 1;
      if (!seen.has(article)) cell[1] += 1;
      seen.add(article);
    }
    if (!isFiltered()) found = firstOnTop.filter((passage) => flags[passage] & RELEVANT);
    return { base, match, tones, series, outlets, articles: seen.size };
  }

  // Counts of the whole run, of which the page may hold a part.
  const whole = { base: data.all, match: data.all, tones: data.all, series: data.series, outlets: data.outlets.map((outlet) => outlet[2]) };

  function node(name, kind, ...children) {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    element.append(...children);
    return element;
  }

  // As in plain.rs: what a reader cannot see and a browser obeys stands there as its number.
  const HIDDEN = /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
  const isHidden = (text) => text.search(HIDDEN) >= 0;
  const visible = (text) => text.replace(/[\xad\u200b-\u200d\u2060\ufeff]/g, "").replace(/[\t-\r\x85\u2028\u2029]/g, " ")
    .replace(HIDDEN, (c) => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

  function day(date, precision) {
    const [year, month, number] = date.split("-").map(Number);
    return precision === "year" ? String(year) : precision === "month" ? `${MONTHS[month - 1]} ${year}` : `${number} ${MONTHS[month - 1]} ${year}`;
  }

  function when(article) {
    if (!article.date) return "undated";
    const text = day(article.date, article.precision);
    return article.isDated ? text : `undated (perhaps ${text})`;
  }

  const outletOf = (article) => data.outlets[article.outlet][1];

  // The text of a passage, with the words marked that decided, where they are known.
  function marked(passage) {
    const segments = data.marks[idOf(passage)];
    if (!segments) return [texts[passage]];
    return segments.map(([text, level, theme, says]) => {
      if (!level) return text;
      const mark = node("mark", "m" + level + (theme === null ? "" : " t" + theme % 6), text);
      mark.title = says;
      return mark;
    });
  }

  function context(passage) {
    const article = articles[of[passage]];
    const parts = [];
    for (const [place, other] of [["before", passage - 1], ["after", passage + 1]]) {
      if (of[other] === of[passage] && texts[other] !== null) {
        parts.push(node("p", "neighbour", node("span", "where", place), " ", node("bdi", "", texts[other])));
      }
    }
    const evidence = node("p", "evidence", "No date was found.");
    if (article.date) {
      const source = data.sources[article.source] || article.source || "an unknown place";
      evidence.replaceChildren(`Date: ${day(article.date, article.precision)}, known to the ${article.precision}, from ${source}, `
        + `confidence ${article.confidence.toFixed(2)}`);
      if (article.read) evidence.append(", read from “", node("bdi", "", article.read), "”");
      evidence.append(".");
    }
    const citation = node("span", "citation");
    if (outletOf(article)) citation.append(node("bdi", "", outletOf(article)), ", ");
    if (article.title) citation.append("“", node("bdi", "", article.title), "”, ");
    citation.append(when(article), ", passage ", node("bdi", "", visible(idOf(passage))));
    const cite = node("p", "cite", citation);
    if (article.url) {
      const source = node("a", "", "Source");
      source.href = article.url;
      source.rel = "noreferrer noopener";
      cite.append(" ", source);
    }
    const here = node("a", "", "Link to this passage");
    here.href = fragment({ ...state, passage: idOf(passage) });
    cite.append(" ", here);
    return [...parts, evidence, cite];
  }

  function item(passage) {
    const article = articles[of[passage]];
    const facts = node("p", "facts", node("span", "when", when(article)), " · ", node("bdi", "", outletOf(article) || "outlet not known"));
    for (const theme of themes[passage]) facts.append(" ", node("span", "chip t" + theme % 6, data.names[theme]));
    if (tone[passage] !== null) facts.append(" ", node("span", "tone-word " + TONES[tone[passage]], TONES[tone[passage]]));
    if (flags[passage] & PERSON) facts.append(" ", node("span", "chip person", "labelled by a person"));
    if (!(flags[passage] & RELEVANT)) facts.append(" ", node("span", "chip", "off topic"));
    const element = node("article", "passage", facts, node("h3", "", node("bdi", "", article.title || "(no headline)")));
    element.dataset.passage = idOf(passage);
    if (texts[passage] !== null) element.append(node("p", "text", node("bdi", "", ...marked(passage))));
    const details = node("details", "", node("summary", "", "Context, date and citation"));
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(...context(passage));
    });
    element.append(details);
    return element;
  }

  function showPassages() {
    const asked = state.passage ? order.find((passage) => idOf(passage) === state.passage) : undefined;
    const shown = found.slice(0, limit);
    if (asked !== undefined && !shown.includes(asked)) shown.unshift(asked);
    list.replaceChildren(...shown.map(item));
    more.hidden = found.length <= limit;
    more.textContent = `Show ${Math.min(STEP, found.length - limit)} more of ${Charts.comma(found.length - limit)}`;
    if (asked !== undefined) {
      const element = [...list.children].find((element) => element.dataset.passage === state.passage);
      const details = element.querySelector("details");
      details.append(...(details.children.length === 1 ? context(asked) : []));
      details.open = true;
      element.scrollIntoView({ block: "start" });
    }
  }

  // The filter in words, and as a command.
  function describe() {
    const names = (list, word) => list.map((name) => data.names[data.themes.indexOf(name)]).join(word);
    const parts = [];
    if (state.theme.length) parts.push(names(state.theme, state.match === "all" ? " and " : " or "));
    if (state.and.length) parts.push("and " + names(state.and, " and "));
    if (state.not.length) parts.push("not " + names(state.not, ", not "));
    if (state.sentiment.length) parts.push(state.sentiment.join(" or "));
    if (state.outlet.length) parts.push(state.outlet.map((name) => visible(name) || "unknown outlet").join(" or "));
    if (state.from) parts.push("from " + day(state.from, "day"));
    if (state.to) parts.push("to " + day(state.to, "day"));
    if (state.undated) parts.push(state.undated === "only" ? "undated" : "dated");
    if (state.text) parts.push("“" + visible(state.text) + "”");
    if (state.relevant) parts.push("off topic");
    return parts.join(" · ");
  }

  // A period of the charts as `--date` takes it, if the dates chosen are those of one.
  function periodChosen() {
    if (state.undated !== "no" || data.isCoarser || !data.slots.some(([first, last]) => first === state.from && last === state.to)) return "";
    const [year, month] = state.from.split("-");
    return { month: `${year}-${month}`, quarter: `${year}-Q${Math.ceil(month / 3)}`, year }[data.period] || state.from;
  }

  // The filter as a command, and what of it no command can say.
  function command() {
    // Of an outlet or text as the shell reads it; what cannot be shown is escaped.
    const quoted = (text) => (isHidden(text)
      ? "$'" + text.replace(/['\\]/g, "\\$&").replace(HIDDEN, (c) => "\\U" + c.codePointAt(0).toString(16).padStart(8, "0")) + "'"
      : "'" + text.replace(/'/g, "'\\''") + "'");
    const option = (name, text) => `--${name}${text.startsWith("-") ? "=" : " "}${quoted(text)}`;
    const chosen = state.theme.join(state.match === "all" ? " and " : " or ");
    const others = [...state.and, ...state.not.map((name) => "not " + name)];
    const theme = [];
    if (state.relevant) theme.push("off_topic");
    if (chosen) theme.push(state.theme.length > 1 && (state.relevant || others.length) ? `(${chosen})` : chosen);
    theme.push(...(theme.length || state.and.length ? [] : ["all"]), ...others);
    const words = ["sendlens query OUT", "--theme " + quoted(theme.join(" and "))];
    const outlets = state.outlet.filter((name) => name);
    for (const name of outlets) words.push(option("outlet", name));
    const period = periodChosen();
    if (period) words.push("--date " + period);
    if (state.from && !period) words.push("--since " + state.from);
    if (state.to && !period) words.push("--until " + state.to);
    if (state.undated === "only") words.push("--date undated");
    if (state.sentiment.length) words.push("--sentiment " + state.sentiment.join(","));
    if (state.text) words.push(option("text", state.text));
    const unsaid = [];
    if (outlets.length < state.outlet.length) unsaid.push(outlets.length ? "leaves out the unknown outlet" : "finds every outlet, not the unknown one alone");
    if (state.undated === "no" && !period) unsaid.push("finds passages whose date is too doubtful or coarse to be counted, too");
    return [words.join(" "), unsaid.length ? ` (${unsaid.join("; ")})` : ""];
  }

  function fillForm() {
    for (const input of form.elements) {
      const { name, type, value } = input;
      if (type === "checkbox") input.checked = [].concat(state[name]).includes(value);
      else if (name && input.value !== state[name]) input.value = state[name];
    }
    for (const input of document.querySelectorAll("input[name=measure]")) input.checked = input.value === (state.measure || "share");
  }

  function readForm() {
    const values = (name) => [...form.querySelectorAll(`input[name=${name}]:checked`)].map((input) => input.value);
    const value = (name) => form.elements.namedItem(name).value;
    const measure = document.querySelector("input[name=measure]:checked").value;
    const theme = values("theme");
    // No control shows these: they go with the themes they were added to.
    const and = theme.length === state.theme.length && theme.every((name) => state.theme.includes(name)) ? state.and : [];
    return { theme, and, not: values("not"), outlet: values("outlet"), sentiment: values("sentiment"),
      match: value("match"), from: value("from"), to: value("to"), undated: value("undated"), text: value("text"),
      relevant: values("relevant")[0] || "", measure: measure === "counts" ? "counts" : "", passage: "" };
  }

  let isDrawn = false;

  // Makes the page show the state.
  function apply() {
    const counts = filter();
    const isOn = isFiltered();
    const isSample = data.held < data.passages;
    if (isOn || isDrawn || state.measure) {
      Charts.show({ ...(isOn ? counts : whole), measure: state.measure, isFiltered: isOn, isToned: state.sentiment.length > 0 });
      isDrawn = true;
    }
    const matches = document.getElementById("matches");
    matches.dataset.passages = found.length;
    matches.dataset.articles = counts.articles;
    const number = (count, noun) => Charts.comma(count) + " " + noun + (count === 1 ? "" : "s");
    matches.replaceChildren(node("strong", "", number(found.length, "passage")), " of ", number(counts.articles, "article"),
      state.text && data.shown === "snippet" ? " with that text in the part that is shown" : "",
      isSample ? ", in the sample of " + number(data.held, "passage") + " that this page holds" : "");
    document.getElementById("state").textContent = (isOn ? describe() : "nothing left out") + ": " + number(found.length, "passage");
    document.getElementById("basis").textContent = isOn
      ? "Only what matches the filter" + (state.measure ? "" : ", as shares of all passages about SEND of the outlets and dates chosen")
        + (isSample ? `. Counted in a sample of ${number(data.held, "passage")} of ${Charts.comma(data.passages)}.` : ".")
      : "";
    const [words, unsaid] = command();
    document.querySelector("#command code").textContent = words;
    document.querySelector("#command .unsaid").textContent = unsaid;
    fillForm();
    limit = STEP;
    showPassages();
  }

  function go(next) {
    const address = fragment(next);
    if (address === fragment(state)) return;
    state = next;
    // Typing must not fill the history; the same file with another fragment may be replaced even on disk.
    history.replaceState(null, "", address);
    apply();
  }

  // The state that leads to the passages of one number, within what is chosen already.
  function narrowed(slot, theme, sentiment, outlet) {
    const next = { ...state, passage: "" };
    if (slot === null) {
      if (outlet === undefined) next.undated = "only";
    } else {
      const [from, to] = data.slots[slot];
      next.from = state.from > from ? state.from : from;
      next.to = state.to && state.to < to ? state.to : to;
      next.undated = "no";
    }
    const name = data.themes[theme];
    const isAny = state.theme.length > 1 && state.match !== "all";
    if (theme >= 0 && isAny && !state.theme.includes(name)) {
      next.and = [...new Set([...state.and, name])];
    } else if (theme >= 0) {
      next.theme = isAny ? [name] : [...new Set([...state.theme, name])];
      next.match = next.theme.length > 1 ? "all" : "any";
    }
    if (sentiment) next.sentiment = [sentiment];
    if (outlet !== undefined) next.outlet = [data.outlets[outlet][0]];
    return next;
  }

  function visit(next) {
    location.hash = fragment(next);
    document.getElementById("passages").scrollIntoView({ block: "start" });
  }

  document.documentElement.classList.add("has-script");
  // The page names outlets as they can be shown; their names in the tables may hold what cannot.
  form.querySelectorAll("input[name=outlet]").forEach((input, index) => { input.value = data.outlets[index][0]; });
  Charts.begin(data, whole, (...of) => fragment(narrowed(...of)), {
    period: (slot, theme, sentiment) => visit(narrowed(slot, theme, sentiment)),
    outlet: (index) => visit(narrowed(null, -1, "", index)),
    range: (from, to) => go({ ...state, from, to, passage: "" }),
  });
  form.addEventListener("input", () => go(readForm()));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.querySelectorAll("input[name=measure]").forEach((input) => input.addEventListener("input", () => go(readForm())));
  document.getElementById("reset").addEventListener("click", () => go({ ...empty(), measure: state.measure }));
  more.addEventListener("click", () => {
    const from = limit;
    limit += STEP;
    list.append(...found.slice(from, limit).map(item));
    more.hidden = found.length <= limit;
    more.textContent = `Show ${Math.min(STEP, found.length - limit)} more of ${Charts.comma(found.length - limit)}`;
    list.children[from]?.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    const anchor = event.target.closest("a[href^='#']");
    if (!anchor || anchor.closest(".tools") && anchor.getAttribute("role") === "button") return;
    if (anchor.dataset.outlet !== undefined) {
      event.preventDefault();
      visit(narrowed(null, -1, "", Number(anchor.dataset.outlet)));
    } else if (anchor.dataset.clear !== undefined || anchor.hash.includes("=")) {
      event.preventDefault();
      visit(parse(anchor.hash));
    } else if (anchor.hash === "#passages" || anchor.hash === "#pages") {
      // A place in the page is no state.
      event.preventDefault();
      document.querySelector(anchor.hash).scrollIntoView();
      document.querySelector(anchor.hash).focus();
    }
  });
  window.addEventListener("hashchange", () => { state = parse(location.hash); apply(); });
  window.addEventListener("beforeprint", () => document.querySelectorAll(".tools details").forEach((table) => { table.open = true; }));
  state = parse(location.hash);
  apply();
})();

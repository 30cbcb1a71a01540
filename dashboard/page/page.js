"use strict";
// The page: it listens to the controller's events and shows them. Nothing that came from elsewhere is ever read as HTML.

const $ = id => document.getElementById(id);
const MAX_ROWS = 200; // of the table of engines

// make builds an element; a child that is no element is text.
function make(tag, attributes, ...children) {
  const e = Object.assign(document.createElement(tag), attributes);
  e.append(...children);
  return e;
}

function bytes(n) {
  if (!n) return "–";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let i = 0;
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
  return (n < 10 && i > 0 ? n.toFixed(1) : Math.round(n)) + " " + units[i];
}

function seconds(s) {
  if (!isFinite(s)) return "–";
  if (s < 0.002) return +(s * 1000).toFixed(2) + " ms";
  return s < 1 ? Math.round(s * 1000) + " ms" : s < 120 ? s.toPrecision(3) + " s" : Math.round(s / 60) + " min";
}

// quantile gives the upper bound of the bin in which a share of all times lies.
function quantile(h, share) {
  const n = h.counts.reduce((a, b) => a + b, 0);
  if (!n) return "–";
  let sum = 0;
  for (let i = 0; i < h.counts.length; i++) {
    sum += h.counts[i];
    if (sum >= share * n) return i < h.bounds.length ? "≤ " + seconds(h.bounds[i]) : "> " + seconds(h.bounds.at(-1));
  }
  return "–";
}

const time = t => new Date(t).toLocaleTimeString([], {hour12: false});
const timeline = new Timeline($("timeline"), tell);
const ended = new Map(); // by second
let report = null, seq = 0, offset = 0; // of the controller's clock, ms

function take(r) {
  if (report && (r.started !== report.started || r.seq < seq)) { // the controller was started again
    seq = 0;
    timeline.spans = [];
  }
  report = r;
  offset = Date.parse(r.now) - Date.now();
  timeline.add((r.spans ?? []).filter(s => s.seq > seq), Date.parse(r.now));
  timeline.under = r.under_way ?? [];
  seq = r.seq;
  const now = Math.floor(Date.parse(r.now) / 1000);
  for (const s of r.seconds ?? []) ended.set(s.at, s);
  for (const at of ended.keys()) if (at < now - 310) ended.delete(at);
  numbers(r, now);
  engines(r);
  lists(r);
  draw();
}

function numbers(r, now) {
  let n = 0;
  for (let s = now - 5; s < now; s++) { const e = ended.get(s); if (e) n += e.done + e.failed + e.aborted; }
  const rows = [
    ["tasks per second", (n / 5).toLocaleString(undefined, {maximumFractionDigits: 1})], ["engines", r.engines.length], ["waiting", r.waiting], ["under way", r.running],
    ["done", r.done], ["failed", r.failed, r.failed > 0], ["aborted", r.aborted], ["run again", r.retried], ["engines lost", r.engines_lost, r.engines_lost > 0],
    ["median wait", quantile(r.waits, .5)], ["median run", quantile(r.runs, .5)], ["95 % run", quantile(r.runs, .95)],
    ["memory of engines", bytes(r.engines.reduce((a, e) => a + (e.memory ?? 0), 0))],
    ["relayed", bytes(r.request_bytes + r.reply_bytes + r.output_bytes)], ["journal", bytes(r.journal_bytes)], ["clients", r.clients]];
  $("numbers").replaceChildren(...rows.map(([name, value, bad]) => make("div", {className: bad ? "bad" : ""},
    make("b", {}, typeof value === "number" ? value.toLocaleString() : value), make("span", {}, name))));
}

function engines(r) {
  $("engines").replaceChildren(...r.engines.slice(0, MAX_ROWS).map(e => make("tr", {}, ...[
    e.id, e.kind, e.host ? `${e.host}, process ${e.pid}` : "", e.queue + e.tasks, e.completed.toLocaleString(),
    e.cpu === undefined ? "" : Math.round(e.cpu * 100) + " %", bytes(e.memory)].map(v => make("td", {}, String(v))))));
  $("more").textContent = r.engines.length > MAX_ROWS ? `and ${r.engines.length - MAX_ROWS} more` : "";
}

function lists(r) {
  const none = () => make("p", {className: "quiet"}, "none");
  const failures = (r.failures ?? []).toReversed().map(f => make("div", {className: "item"}, time(f.at), " ",
    f.engine >= 0 ? `engine ${f.engine}: ` : "", make("b", {}, f.name), f.value ? ": " + f.value : "", " ", link(f.task, "story")));
  if (r.journal_error) failures.unshift(make("div", {className: "item"}, make("b", {}, "the journal cannot be written: "), r.journal_error));
  $("failures").replaceChildren(...(failures.length ? failures : [none()]));
  const endings = (r.endings ?? []).toReversed().map(e => make("div", {className: "item"}, `${time(e.time)} ${e.name}${e.where ? " on " + e.where : ""}: ${e.how}`));
  $("endings").replaceChildren(...(endings.length ? endings : [none()]));
}

function link(task, text) { return make("a", {onclick: () => tell(task), title: task}, text); }

// tell shows the story of a task.
async function tell(task) {
  $("task").value = task;
  const answer = await fetch("story?task=" + encodeURIComponent(task));
  if (!answer.ok) {
    $("story").replaceChildren(make("p", {className: "quiet"}, await answer.text()));
    return;
  }
  const s = await answer.json();
  if (s.others) {
    $("story").replaceChildren(...s.others.map(id => make("div", {className: "item id"}, link(id, id))));
    return;
  }
  const about = [`${s.state}${s.label ? ", label " + s.label : ""}; ${s.request ?? "a request"} of client ${s.client ?? "unknown"}`];
  for (const [name, ids] of [["after ", s.after], ["where these ran: ", s.follow], ["on one of ", s.targets]]) if (ids) about.push(name + ids.join(", "));
  if (s.cut) about.push("not all of its steps are known any more");
  const rows = s.steps.map((p, i) => make("tr", {}, ...[
    new Date(p.at).toISOString().slice(11, 23), i ? "+" + seconds((Date.parse(p.at) - Date.parse(s.steps[i - 1].at)) / 1000) : "", p.state,
    p.why + (p.engine === undefined ? "" : `: engine ${p.engine}`) + (p.where ? ` (${p.where})` : "") + (p.ending ? `, which was ${p.ending}` : "")].map(v => make("td", {}, v))));
  $("story").replaceChildren(make("div", {className: "id"}, s.task), ...about.map(a => make("div", {className: "quiet"}, a)), make("table", {}, make("tbody", {}, ...rows)),
    ...(s.error ? [make("div", {className: "item"}, make("b", {}, s.error.name), ": " + s.error.value)] : []));
}

function draw() {
  if (!report) return;
  const now = Date.now() + offset;
  const {shown, all} = timeline.draw(report.engines, now);
  $("window").textContent = "one minute" + (all > shown ? `; ${shown} of ${all} engines` : "") + (report.seq > 0 ? "; when there are very many, some" : "");
  drawRate($("rate"), ended, now);
}

history.replaceState(null, "", location.pathname); // the token does not stay in sight
$("ask").addEventListener("submit", e => { e.preventDefault(); if ($("task").value) tell($("task").value.trim()); });
addEventListener("resize", draw);
const events = new EventSource("events");
events.onmessage = e => {
  $("state").textContent = "";
  $("state").className = "";
  take(JSON.parse(e.data));
  $("state").textContent = "since " + new Date(report.started).toLocaleString();
};
events.onerror = () => {
  $("state").className = "lost";
  $("state").textContent = "the controller does not answer";
};

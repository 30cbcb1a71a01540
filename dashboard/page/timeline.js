"use strict";
// The two drawings: tasks on engines over time, and how many ended each second.

const WINDOW = 60_000; // ms that the timeline shows
const ROWS = 48; // engines that it shows
const ROW = 14, LEFT = 70, AXIS = 18;

function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }

// sized makes a canvas as sharp as the screen.
function sized(canvas, height) {
  const scale = window.devicePixelRatio || 1, width = canvas.clientWidth;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = height + "px";
  }
  const g = canvas.getContext("2d");
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
  return [g, width];
}

class Timeline {
  constructor(canvas, onTask) {
    this.canvas = canvas;
    this.spans = []; // ended, by their end
    this.under = []; // under way
    this.boxes = []; // what was drawn: x, y, width, task
    canvas.addEventListener("click", e => {
      const b = this.at(e.offsetX, e.offsetY);
      if (b) onTask(b.task);
    });
    canvas.addEventListener("mousemove", e => { canvas.title = this.at(e.offsetX, e.offsetY)?.title ?? ""; });
  }

  add(spans, now) {
    this.spans.push(...spans);
    const first = this.spans.findIndex(s => s.to >= now - WINDOW);
    this.spans.splice(0, first < 0 ? this.spans.length : first);
    if (this.spans.length > 60_000) this.spans.splice(0, this.spans.length - 60_000);
  }

  at(x, y) {
    for (let i = this.boxes.length - 1; i >= 0; i--) {
      const b = this.boxes[i];
      if (y >= b.y && y < b.y + ROW && x >= b.x - 1 && x <= b.x + b.w + 1) return b;
    }
    return null;
  }

  // draw shows the engines that are here and those that were within the window.
  draw(engines, now) {
    const ids = new Set(engines.map(e => e.id));
    for (const s of this.spans) if (s.engine >= 0) ids.add(s.engine);
    const all = [...ids].sort((a, b) => a - b), rows = all.slice(0, ROWS);
    const height = Math.max(1, rows.length) * ROW + AXIS;
    const [g, width] = sized(this.canvas, height);
    const row = new Map(rows.map((id, i) => [id, i]));
    const x = t => LEFT + (width - LEFT) * (1 - (now - t) / WINDOW);
    g.fillStyle = colour("soft");
    g.strokeStyle = colour("line");
    for (let t = Math.ceil((now - WINDOW) / 10_000) * 10_000; t <= now; t += 10_000) {
      g.beginPath(); g.moveTo(x(t), 0); g.lineTo(x(t), height - AXIS); g.stroke();
      g.fillText(new Date(t).toLocaleTimeString([], {hour12: false}), x(t) - 22, height - 5);
    }
    for (const [id, i] of row) g.fillText("engine " + id, 0, i * ROW + 11);
    this.boxes = [];
    const paint = (s, to, how) => {
      const i = row.get(s.engine);
      if (i === undefined || to < now - WINDOW) return;
      const a = Math.max(LEFT, x(s.from)), w = Math.max(1, x(to) - a - .5);
      g.fillStyle = colours[how];
      g.fillRect(a, i * ROW + 1, w, ROW - 2);
      this.boxes.push({x: a, y: i * ROW, w, task: s.task, title: `${s.task}\n${how}, ${((to - s.from) / 1000).toFixed(3)} s`});
    };
    const colours = {};
    for (const how of ["done", "failed", "aborted", "again", "running"]) colours[how] = colour(how);
    for (const s of this.spans) paint(s, s.to, s.how);
    for (const s of this.under) paint(s, now, "running");
    return {shown: rows.length, all: all.length};
  }
}

// drawRate draws what ended each second, stacked by outcome.
function drawRate(canvas, seconds, now) {
  const height = 90, [g, width] = sized(canvas, height), span = 300;
  const last = Math.floor(now / 1000) - 1; // the latest second that is over
  let most = 1;
  for (const s of seconds.values()) if (s.at > last - span && s.at <= last) most = Math.max(most, s.done + s.failed + s.aborted);
  const w = (width - LEFT) / span;
  g.fillStyle = colour("soft");
  g.fillText(most.toLocaleString(), 0, 12);
  g.fillText("0", 0, height - 3);
  for (const s of seconds.values()) {
    const x = LEFT + (s.at - last + span - 1) * w;
    if (x < LEFT || s.at > last) continue;
    let y = height;
    for (const how of ["done", "failed", "aborted"]) {
      const h = s[how] / most * (height - 6);
      g.fillStyle = colour(how);
      g.fillRect(x, y - h, Math.max(1, w - .3), h);
      y -= h;
    }
  }
}

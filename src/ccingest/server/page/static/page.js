// What scripts add to pages that work without them: a key for the search, and live jobs.
"use strict";

document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || field || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.getElementById("q");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// A list that lies over the page closes by Escape, and by a click beside it.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest("details.picker[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.picker[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// An empty parameter makes an address longer, and says nothing.
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) {
    if (value === "") event.formData.delete(name);
  }
});

const ENDS = ["completed", "failed", "cancelled"];
let refreshing = 0;

/** Read the list anew, once for the many events that come together. */
function refresh(live) {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => htmx.trigger(live, "refresh"), 150);
}

function setText(row, name, text) {
  const place = row.querySelector(`.${name}`);
  if (place) place.textContent = text ?? "";
}

function show(live, job) {
  const row = [...live.querySelectorAll("[data-job]")].find((one) => one.dataset.job === job.jobId);
  const wants = live.dataset.live;
  if (wants === "ends") {
    if (ENDS.includes(job.status)) refresh(live);
    return;
  }
  if (!row || row.dataset.status !== job.status) {
    if (row && ENDS.includes(job.status)) {
      const name = row.querySelector("h2 a")?.textContent ?? "The job";
      document.getElementById("said").textContent = `${name}: ${job.status}`;
    }
    refresh(live);
    return;
  }
  const bar = row.querySelector("progress");
  if (bar) bar.value = job.progress;
  setText(row, "percent", `${job.progress} %`);
  setText(row, "phase", job.phase);
  setText(row, "file", job.currentFile);
}

let source = null;

/** Hear of jobs while the page is seen: a browser has few connections for all its tabs. */
function follow() {
  const live = document.getElementById("live");
  if (!live?.dataset.live || source || document.hidden) return;
  source = new EventSource("/events");
  // What happened until now was not heard.
  source.addEventListener("open", () => refresh(document.getElementById("live")));
  const take = (event) => show(document.getElementById("live"), JSON.parse(event.data).data);
  for (const kind of ["github:progress", "folder:progress", "crawl:progress"]) {
    source.addEventListener(kind, take);
  }
}

function leave() {
  source?.close();
  source = null;
}

document.addEventListener("DOMContentLoaded", follow);
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
addEventListener("pagehide", leave);
addEventListener("pageshow", follow);

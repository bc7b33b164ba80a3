"use strict";

// Keeps the element with the id "live" up to date, once a second. If it has the
// attribute data-changes, the script asks that address for the texts that have
// changed, of the lines on the screen only. Else it fetches the whole page and
// replaces the element. Without scripts, a meta element of the page reloads it.

const input = document.getElementById("q"); // the filter; null on pages without one
const title = document.title;
const interval = 1000; // milliseconds between two requests
const sparklineInterval = 5; // requests between two drawings of the sparklines
const relistInterval = 10_000; // milliseconds between two lists of series

const status = document.createElement("p");
const text = document.createElement("span");
const button = document.createElement("button");
status.className = "status";
text.setAttribute("role", "status");
button.type = "button";
status.append(button, text);

let live = document.getElementById("live");
live.before(status);
let paused = false; // by the button
let answered = new Date(); // the time of the last answer
let fetching = null;
let listed = 0; // when the series were listed
let generation = 0; // of the texts on the page; 0 if some are old
let turns = 0;
let moves = 0; // how often the lines on the screen became others
let shown = new Set(); // elements with lines that are on the screen

const observer = new IntersectionObserver(entries => {
	for (const e of entries) {
		if (e.isIntersecting) shown.add(e.target);
		else shown.delete(e.target);
	}
	moves++;
	generation = 0;
	turns = 0;
}, { rootMargin: "100px" });

function observe() {
	observer.disconnect();
	shown = new Set();
	generation = 0;
	for (const e of live.querySelectorAll("[data-ids]")) observer.observe(e);
}

const clock = date => date.toTimeString().slice(0, 8);

// show writes the state of the page: whether its numbers are of this moment.
function show(state) {
	if (text.textContent !== state) text.textContent = state;
	const label = paused ? "Resume" : "Pause";
	if (button.textContent !== label) button.textContent = label;
}

// selecting reports whether an update would disturb a reader who selects text.
const selecting = () => !getSelection().isCollapsed && live.contains(getSelection().anchorNode);

// reading reports whether a new list would take the focus from the reader.
const reading = () => live.contains(document.activeElement);

async function get(address) {
	fetching?.abort();
	fetching = new AbortController();
	const signal = AbortSignal.any([fetching.signal, AbortSignal.timeout(5000)]);
	const response = await fetch(address, { signal });
	if (!response.ok) throw new Error(response.statusText);
	return response;
}

// list fetches the page and replaces the element.
async function list() {
	const response = await get(location.href);
	const page = new DOMParser().parseFromString(await response.text(), "text/html");
	const next = page.getElementById("live");
	live.replaceWith(next);
	live = next;
	listed = performance.now();
	observe();
}

// change fetches the texts that have changed.
async function change() {
	const ids = [...shown].flatMap(e => e.dataset.ids.split(",")).slice(0, 300);
	const query = new URLSearchParams({ page: live.dataset.generation, since: generation, ids });
	if (turns++ % sparklineInterval === 0) {
		query.set("sparklines", [...shown].filter(e => e.tagName === "UL").flatMap(e => e.dataset.ids.split(",")).slice(0, 300));
	}
	const before = moves;
	const update = await (await get(live.dataset.changes + "?" + query)).json();
	if (update.reload && performance.now() - listed > relistInterval && !reading()) {
		await list();
		return;
	}
	for (const e of shown) {
		e.dataset.ids.split(",").forEach((id, i) => {
			if (update.lines[id]) write(e, i, update.lines[id]);
			const sparkline = update.sparklines?.[id];
			if (sparkline) draw(e.children[i], sparkline);
		});
	}
	const asOf = document.getElementById("as-of");
	if (asOf) asOf.textContent = update.at;
	if (moves === before) generation = update.generation;
}

// write sets the texts of the i-th line of an element.
function write(e, i, texts) {
	const cells = e.tagName === "UL" ? e.children[i].querySelectorAll(".value, .rate") : e.querySelectorAll("dd, td");
	texts.forEach((t, n) => { if (cells[n] && cells[n].textContent !== t) cells[n].textContent = t; });
	if (e.tagName === "DL") cells[4].parentElement.classList.toggle("bad", texts[4] !== "0");
}

function draw(row, sparkline) {
	const next = new DOMParser().parseFromString(sparkline, "image/svg+xml").documentElement;
	row.querySelector("svg")?.replaceWith(next);
}

async function refresh() {
	try {
		await (live.dataset.changes ? change() : list());
		answered = new Date();
		live.classList.remove("stale");
		document.title = title;
		show("live");
	} catch (err) {
		if (err.name === "AbortError") return;
		live.classList.add("stale");
		document.title = title + " (no answer)";
		show("no answer since " + clock(answered));
	}
}

async function tick() {
	if (document.hidden) return;
	const failing = live.classList.contains("stale");
	if (paused) show((failing ? "no answer since " : "paused at ") + clock(answered));
	else if (selecting()) show("paused at " + clock(answered) + " while text is selected");
	else if (!live.dataset.changes && reading()) show("paused at " + clock(answered) + " while the list has the focus");
	else await refresh();
}

async function run() {
	await tick();
	setTimeout(run, interval);
}

button.addEventListener("click", () => {
	paused = !paused;
	tick();
});

input?.addEventListener("input", () => {
	const url = new URL(location.href);
	if (input.value) url.searchParams.set("q", input.value);
	else url.searchParams.delete("q");
	history.replaceState(null, "", url);
	list().catch(() => {}); // the next refresh shows why
});

document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
document.addEventListener("selectionchange", () => { if (selecting()) tick(); });

show("live");
observe();
setTimeout(run, interval);

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
const maxLines = 300; // of which the server lets one request ask

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
let outdated = false; // the list is of another filter than the input
let known = new Map(); // the generation of the texts of each line that was asked for
let drawn = new Map(); // the same of the sparklines
let turns = 0;
let shown = new Set(); // elements with lines that are on the screen

const observer = new IntersectionObserver(entries => {
	for (const e of entries) {
		if (e.isIntersecting) shown.add(e.target);
		else shown.delete(e.target);
	}
	turns = 0;
}, { rootMargin: "100px" });

function observe() {
	observer.disconnect();
	shown = new Set();
	known = new Map();
	drawn = new Map();
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

// list fetches the page and replaces the element. The link that has the focus
// keeps it.
async function list() {
	const response = await get(location.href);
	const page = new DOMParser().parseFromString(await response.text(), "text/html");
	const next = page.getElementById("live");
	if (!next) throw new Error("another program serves this address");
	const focus = reading() ? document.activeElement.getAttribute("href") : null;
	live.replaceWith(next);
	live = next;
	if (focus !== null) [...live.querySelectorAll("a")].find(a => a.getAttribute("href") === focus)?.focus({ preventScroll: true });
	outdated = false;
	listed = performance.now();
	observe();
}

// oldest returns the lines of elements, those first that were asked for the
// longest time ago, as many as one request may ask for. So all get their turn.
function oldest(elements, asked) {
	const ids = elements.flatMap(e => e.dataset.ids.split(","));
	return ids.sort((a, b) => (asked.get(a) ?? 0) - (asked.get(b) ?? 0)).slice(0, maxLines);
}

// change fetches the texts that have changed.
async function change() {
	const elements = [...shown];
	const ids = oldest(elements, known);
	const sparklines = turns++ % sparklineInterval === 0 ? oldest(elements.filter(e => e.tagName === "UL"), drawn) : [];
	const since = ids.length ? known.get(ids[0]) ?? 0 : 0; // the first is the oldest
	const { numbering, generation } = live.dataset;
	const query = new URLSearchParams({ numbering, page: generation, since, ids, sparklines });
	const update = await (await get(live.dataset.changes + "?" + query)).json();
	// With another numbering, the numbers on the page are those of other lines.
	const renumbered = update.numbering !== numbering;
	if (renumbered || update.reload && performance.now() - listed > relistInterval && !reading()) {
		await list();
		return;
	}
	for (const id of ids) known.set(id, update.generation);
	for (const id of sparklines) drawn.set(id, update.generation);
	for (const e of elements) {
		e.dataset.ids.split(",").forEach((id, i) => {
			if (update.lines[id]) write(e, i, update.lines[id]);
			const sparkline = update.sparklines?.[id];
			if (sparkline) draw(e.children[i], sparkline);
		});
	}
	const asOf = document.getElementById("as-of");
	if (asOf) asOf.textContent = update.at;
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
		await (live.dataset.changes && !outdated ? change() : list());
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
	if (paused) fetching?.abort();
	tick();
});

input?.addEventListener("input", () => {
	const url = new URL(location.href);
	if (input.value) url.searchParams.set("q", input.value);
	else url.searchParams.delete("q");
	history.replaceState(null, "", url);
	outdated = true;
	list().catch(() => {}); // the next refresh repeats it and shows why
});

document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
document.addEventListener("selectionchange", () => {
	if (!selecting()) return;
	fetching?.abort();
	tick();
});

show("live");
observe();
setTimeout(run, interval);

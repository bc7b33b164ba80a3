"use strict";

// Fetches the page every second and replaces the element with the id "live".
// The text in the filter, the selection and the scroll position stay. Without
// scripts, a meta element of the page reloads the whole page instead.

const input = document.getElementById("q"); // the filter; null on pages without one
const title = document.title;
let fetching = null;

async function refresh() {
	fetching?.abort();
	fetching = new AbortController();
	try {
		const response = await fetch(location.href, { signal: fetching.signal });
		if (!response.ok) throw new Error(response.statusText);
		const page = new DOMParser().parseFromString(await response.text(), "text/html");
		document.getElementById("live").replaceWith(page.getElementById("live"));
		document.title = title;
	} catch (err) {
		if (err.name !== "AbortError") document.title = title + " (not responding)";
	}
}

input?.addEventListener("input", () => {
	const url = new URL(location.href);
	if (input.value) url.searchParams.set("q", input.value);
	else url.searchParams.delete("q");
	history.replaceState(null, "", url);
	refresh();
});

// paused reports whether a refresh would disturb the reader, who is selecting
// text or has the keyboard focus in the list, or whether the page is hidden.
function paused() {
	return document.hidden || getSelection().toString() !== "" ||
		document.getElementById("live").contains(document.activeElement);
}

setInterval(() => { if (!paused()) refresh(); }, 1000);

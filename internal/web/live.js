"use strict";

// Takes a new list every second without losing what is typed or where the
// reader is. Without scripts the page loads itself anew instead.

const input = document.getElementById("q"); // the filter, if there is one
const title = document.title;
let asking = null;

async function refresh() {
	asking?.abort();
	asking = new AbortController();
	try {
		const answer = await fetch(location.href, { signal: asking.signal });
		if (!answer.ok) throw new Error(answer.statusText);
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		document.getElementById("live").replaceWith(page.getElementById("live"));
		document.title = title;
	} catch (err) {
		if (err.name !== "AbortError") document.title = title + " (ended)";
	}
}

input?.addEventListener("input", () => {
	const url = new URL(location.href);
	if (input.value) url.searchParams.set("q", input.value);
	else url.searchParams.delete("q");
	history.replaceState(null, "", url);
	refresh();
});

// A reader who marks text, or goes through the list by keyboard, is left alone.
function reading() {
	return document.hidden || getSelection().toString() !== "" ||
		document.getElementById("live").contains(document.activeElement);
}

setInterval(() => { if (!reading()) refresh(); }, 1000);

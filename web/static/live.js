// Hears that something has changed and shows it: the page is asked for anew, as whoever is signed in. While something is typed it
// only says so, and nothing that was typed is lost. Without this script every page works; it is then as of when it was opened.
"use strict";
(() => {
  const bar = document.getElementById("live");
  if (!bar || !window.EventSource) return;
  let first = document.body.dataset.state || null;
  let typed = false;
  document.addEventListener("input", (event) => { if (event.target.closest("main form")) typed = true; });
  const say = (words, link) => {
    bar.textContent = words;
    if (link) {
      const again = document.createElement("a");
      again.href = location.href;
      again.textContent = link;
      bar.append(" ", again);
    }
    bar.hidden = !words;
  };
  const isTyping = () => {
    const focused = document.activeElement;
    if (!typed && !(focused && focused.closest("main form"))) return false;
    say("Something has changed since this page was opened. What you typed is kept; what you send is checked against how things stand.", "Show it now");
    return true;
  };
  const refresh = async () => {
    if (isTyping()) return;
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) { say("This page is not up to date.", "Open it anew"); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    // Somebody may have begun to type while the answer was on its way.
    if (!fresh || isTyping()) return;
    const open = [...document.querySelectorAll("main details")].map((each) => each.open);
    document.querySelector("main").replaceWith(fresh);
    fresh.querySelectorAll("details").forEach((each, n) => { each.open = open[n] || false; });
    say("This page has just changed: what it shows is as of now.");
  };
  const source = new EventSource("/live");
  source.addEventListener("state", (event) => {
    if (event.data === "away") { say("The store does not answer: what is late or due is not known here now.", "Try again"); return; }
    if (event.data === first || first === null) { first = event.data; say(""); return; }
    first = event.data;
    refresh().catch(() => say("This page is not up to date.", "Open it anew"));
  });
  source.addEventListener("over", () => { source.close(); say("Your sign-in is over.", "Sign in"); });
  source.onerror = () => { say("The connection is lost: this page may be out of date.", "Open it anew"); };
})();

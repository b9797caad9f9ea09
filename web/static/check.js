// While one types, the criteria are asked for anew and shown. Without this script the button "Check" does the same.
"use strict";
(() => {
  const form = document.getElementById("enrol");
  if (!form) return;
  let timer = 0;
  let asked = 0;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 400); });
  async function check() {
    const mine = ++asked;
    const fields = new FormData(form);
    if (!fields.get("site")) return;
    fields.set("act", "check");
    const answer = await fetch("/enrol", { method: "POST", body: new URLSearchParams(fields), credentials: "same-origin" });
    if (mine !== asked || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("criteria");
    if (fresh) document.getElementById("criteria").replaceWith(fresh);
  }
})();

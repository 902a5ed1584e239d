// Progress without reloading, and a word before a file is sent that is too large. Pages work without it.
"use strict";
(() => {
  const script = document.currentScript;
  const state = script && script.dataset.state;
  const said = document.getElementById("said");
  const bar = document.getElementById("bar");
  const elapsed = document.getElementById("elapsed");

  const look = async () => {
    try {
      const answer = await fetch(state, { headers: { accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) { location.reload(); return; }
      const now = await answer.json();
      if (now.finished) { location.reload(); return; }
      said.textContent = now.said;
      elapsed.textContent = now.seconds ? now.elapsed : "";
      if (now.total) { bar.max = now.total; bar.value = now.done; } else { bar.removeAttribute("value"); }
      setTimeout(look, 700);
    } catch (_) {
      setTimeout(look, 3000); // the server may be back in a moment
    }
  };
  if (state && said) { setTimeout(look, 300); }

  const form = document.querySelector("form[data-most]");
  if (form) {
    const file = form.querySelector("input[type=file]");
    const notice = document.getElementById("too-large");
    const button = form.querySelector("button");
    const judge = () => {
      const large = file.files.length > 0 && file.files[0].size > Number(form.dataset.most);
      notice.hidden = !large;
      button.disabled = large;
    };
    file.addEventListener("change", judge);
    form.addEventListener("submit", () => { setTimeout(() => { button.disabled = true; }, 0); });
    addEventListener("pageshow", judge);
  }
})();

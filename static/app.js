// Conveniences only: every page works without this file.

// Copy buttons appear when there is a clipboard to copy to (https or localhost).
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const words = button.querySelector("span");
    const before = words.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
        words.textContent = "Copied";
      } catch {
        words.textContent = "Not copied";
      }
      setTimeout(() => { words.textContent = before; }, 2000);
    });
  }
}

// After a logout a client that does not load in its frame holds up nobody for long.
const next = document.querySelector("a[data-go-on]");
if (next) {
  setTimeout(() => { location.replace(next.href); }, 4000);
}

// The authorization response as a form sends itself.
document.querySelector("form[data-send-at-once]")?.submit();

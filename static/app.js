// Conveniences only: every page works without this file. In the language of 2009, because some browsers that machines drive
// know no newer one.
(function () {
  "use strict";

  // Copy buttons appear when there is a clipboard to copy to (https or localhost).
  function offer(button) {
    var words = button.querySelector("span");
    var before = words.textContent;
    function say(text) {
      words.textContent = text;
      setTimeout(function () { words.textContent = before; }, 2000);
    }
    button.hidden = false;
    button.addEventListener("click", function () {
      var text = document.getElementById(button.getAttribute("data-copy")).textContent.trim();
      navigator.clipboard.writeText(text).then(
        function () { say("Copied"); },
        function () { say("Not copied"); }
      );
    });
  }

  if (navigator.clipboard) {
    var buttons = document.querySelectorAll("button[data-copy]");
    for (var i = 0; i < buttons.length; i++) offer(buttons[i]);
  }

  // After a logout a client that does not load in its frame holds up nobody for long.
  var next = document.querySelector("a[data-go-on]");
  if (next) setTimeout(function () { location.replace(next.href); }, 4000);

  // The authorization response as a form sends itself.
  var answer = document.querySelector("form[data-send-at-once]");
  if (answer) answer.submit();
})();

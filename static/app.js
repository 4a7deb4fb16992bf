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
        function () { say(button.getAttribute("data-copied")); },
        function () { say(button.getAttribute("data-not-copied")); }
      );
    });
  }

  if (navigator.clipboard) {
    var buttons = document.querySelectorAll("button[data-copy]");
    for (var i = 0; i < buttons.length; i++) offer(buttons[i]);
  }

  // A form is sent once: the second click of a double click would find its work done.
  document.addEventListener("submit", function (event) {
    var form = event.target, button = event.submitter;
    if (button && button.getAttribute("formtarget")) return;
    if (form.getAttribute("data-sent")) return event.preventDefault();
    form.setAttribute("data-sent", "true");
    setTimeout(function () { form.removeAttribute("data-sent"); }, 2000);
  });

  // A page of now fetches itself anew while somebody looks at it, for half an hour: an unattended one must not keep a session
  // alive. What is unfolded stays so, and the keyboard stays where it is.
  function renew(live, seconds) {
    var left = 1800 / seconds;
    var note = document.querySelector("[data-live-note]");
    if (note) note.hidden = false;
    function again() { if (left > 0) setTimeout(fetchPage, seconds * 1000); else if (note) note.hidden = true; }
    function show(page) {
      var fresh = page && page.getElementById("live");
      if (!fresh) return location.reload();
      var open = live.querySelectorAll("details[open]");
      for (var i = 0; i < open.length; i++) {
        var same = fresh.querySelector("#" + open[i].id);
        if (same) same.open = true;
      }
      live.innerHTML = fresh.innerHTML;
    }
    function fetchPage() {
      if (document.hidden || live.contains(document.activeElement)) return again();
      left -= 1;
      var request = new XMLHttpRequest();
      request.open("GET", location.href);
      request.responseType = "document";
      request.onload = function () { if (request.status === 200) show(request.response); again(); };
      request.onerror = again;
      request.send();
    }
    document.addEventListener("pointerdown", function () { left = 1800 / seconds; });
    again();
  }
  var live = document.querySelector("[data-live]");
  if (live && window.XMLHttpRequest) renew(live, +live.getAttribute("data-live"));

  // A password that is being chosen: how good it is, when the typing pauses. Only the last answer counts.
  function watchStrength(input) {
    var shown = document.getElementById(input.id + "-strength");
    var meter = shown.querySelector("meter"), words = shown.querySelector("p");
    var pause, asked = 0;
    function ask() {
      var number = ++asked, form = input.form.elements, sent = [];
      function add(name, value) { sent.push(encodeURIComponent(name) + "=" + encodeURIComponent(value)); }
      ["csrf_token", "username", "email"].forEach(function (name) { if (form[name]) add(name, form[name].value); });
      add("password", input.value);
      var request = new XMLHttpRequest();
      request.open("POST", input.getAttribute("data-strength"));
      request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
      request.onload = function () {
        if (number !== asked) return;
        shown.hidden = request.status !== 200 || !input.value;
        if (shown.hidden) return;
        var answer = JSON.parse(request.responseText);
        meter.value = answer.score;
        words.textContent = answer.words;
      };
      request.onerror = function () { shown.hidden = true; };
      request.send(sent.join("&"));
    }
    input.addEventListener("input", function () {
      clearTimeout(pause);
      asked += 1;
      if (!input.value) shown.hidden = true;
      else pause = setTimeout(ask, 400);
    });
  }
  var chosen = document.querySelectorAll("input[data-strength]");
  for (var c = 0; c < chosen.length; c++) watchStrength(chosen[c]);

  // After a logout a client that does not load in its frame holds up nobody for long.
  var next = document.querySelector("a[data-go-on]");
  if (next) setTimeout(function () { location.replace(next.href); }, 4000);

  // The preview follows what is filled in.
  var previewed = document.querySelector("form[data-preview]");
  var shows = previewed && document.getElementById(previewed.getAttribute("data-preview"));
  if (shows) {
    document.addEventListener("click", function (event) {
      if (event.target.getAttribute("formtarget")) shows = event.target;
    });
    document.addEventListener("change", function (event) { if (event.target.form === previewed) shows.click(); });
  }

  // The authorization response as a form sends itself.
  var answer = document.querySelector("form[data-send-at-once]");
  if (answer) answer.submit();
})();

// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_minitwit contributors
//
// Every page works without this script.
"use strict";
{
  const second = 1000;
  const minute = 60 * second;

  function name(number, noun) {
    return `${number} ${noun}${number === 1 ? "" : "s"}`;
  }

  // Shows the number of characters that are left for a field. Users can still type more.
  function count(field) {
    const shown = document.createElement("output");
    const spoken = document.createElement("span");
    let timer;

    function update() {
      // A form sends each line break as two characters.
      const left = field.dataset.max - [...field.value.replace(/\n/g, "\r\n")].length;
      const text = `${name(Math.abs(left), "character")} ${left < 0 ? "too many" : "left"}`;

      shown.textContent = text;
      shown.classList.toggle("over", left < 0);
      // A screen reader must not interrupt the typing.
      clearTimeout(timer);
      timer = setTimeout(() => (spoken.textContent = left <= 20 ? text : ""), second);
    }

    shown.className = "left";
    shown.setAttribute("aria-live", "off");
    spoken.className = "unseen";
    spoken.setAttribute("role", "status");
    field.parentNode.append(shown, spoken);
    field.addEventListener("input", update);
    // The browser may have restored a text.
    addEventListener("pageshow", update);
    update();
  }

  // Shows the reader's own time as a tooltip. The text stays in UTC.
  function localize(time) {
    const format = { dateStyle: "full", timeStyle: "short" };
    time.title = new Date(time.dateTime).toLocaleString([], format);
  }

  function list(page) {
    return [...page.querySelectorAll("ul.messages > li[id]")].map((message) => message.id);
  }

  // Loads page one of a timeline about once a minute, and links to it if it has new messages.
  function watch(place) {
    const url = location.pathname;
    const known = list(document);
    let etag, isDue;
    let interval = minute;

    // Returns false if the number cannot grow any more.
    function show(source) {
      const found = list(new DOMParser().parseFromString(source, "text/html"));
      const old = found.findIndex((id) => known.includes(id));
      const isFull = old < 0 && known.length > 0;
      const number = old < 0 ? found.length : old;
      const link = document.createElement("a");

      link.href = url;
      link.textContent = isFull ? `${number}+ new messages` : name(number, "new message");
      if (number === 0) place.textContent = "";
      else if (place.textContent !== link.textContent) place.replaceChildren(link);
      return !isFull;
    }

    // Returns the time until the next request. 0: there is none.
    async function ask() {
      // This header announces a page that nobody sees yet, so the module keeps the flash for another page.
      const headers = { "X-Purpose": "preview" };
      if (etag) headers["If-None-Match"] = etag;

      const answer = await fetch(url, { headers, redirect: "manual", cache: etag ? "no-store" : "no-cache" });
      if (answer.status === 429 || answer.status > 499)
        return Math.max(2 * interval, answer.headers.get("Retry-After") * second || 0);
      if (!answer.ok) return answer.status === 304 ? minute : 0;
      etag = answer.headers.get("ETag");
      return show(await answer.text()) ? minute : 0;
    }

    async function askIfVisible() {
      if (!isDue || document.hidden) return;
      isDue = false;
      interval = Math.min(await ask().catch(() => 2 * interval), 30 * minute);
      wait();
    }

    function wait() {
      const jitter = 1 + Math.random() / 4;
      if (interval)
        setTimeout(() => {
          isDue = true;
          askIfVisible();
        }, interval * jitter);
    }

    document.addEventListener("visibilitychange", askIfVisible);
    wait();
  }

  document.querySelectorAll("[data-max]").forEach(count);
  document.querySelectorAll("p.news").forEach(watch);
  document.querySelectorAll("time[datetime]").forEach(localize);
}

// SPDX-License-Identifier: Apache-2.0
// Copyright the mod_minitwit contributors
//
// Every page works without this script.
"use strict";
{
  const second = 1000;

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

  document.querySelectorAll("[data-max]").forEach(count);
}

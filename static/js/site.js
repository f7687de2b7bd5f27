// What HTML cannot do yet. Everything works without this file.
const all = (selector, root = document) => root.querySelectorAll(selector);

document.addEventListener("click", ({ target }) => {
  const step = target.closest("[data-step]");
  if (step) {
    const input = step.parentElement.querySelector("input");
    step.dataset.step > 0 ? input.stepUp() : input.stepDown();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  target.closest("[data-dismiss]")?.parentElement.remove();
  // A click on the veil around a dialog closes it, where the browser lacks closedby.
  if (target.matches("dialog[open]")) target.close();
});

// Arrows walk through the suggestions; Escape puts them away.
document.addEventListener("keydown", (event) => {
  const search = event.target.closest(".search");
  if (!search) return;
  const stops = [...all("input, .suggestions a", search)];
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (move) {
    event.preventDefault();
    stops[(stops.indexOf(event.target) + move + stops.length) % stops.length]?.focus();
  }
  if (event.key === "Escape") {
    search.querySelector(".suggestions").replaceChildren();
    stops[0].focus();
  }
});

// A modal dialog silences the page behind it: what speaks goes with it, and back.
const say = (where) => where.append(...all("#live, #notices"));
document.addEventListener("close", ({ target }) => target.tagName === "DIALOG" && say(document.body), true);

const busy = (is) => (event) => {
  const target = event.detail.ctx.target;
  if (target instanceof Element) target.setAttribute("aria-busy", is);
};
document.addEventListener("htmx:before:request", busy(true));
document.addEventListener("htmx:finally:request", busy(false));

// Fields left empty say nothing, so the address of a filtered list leaves them out.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const { body, method } = ctx.request;
  if (method === "GET") [...body].forEach(([name, value]) => value || body.delete(name));
});

// A field says what is wrong when it is left, and takes it back as soon as it is mended.
// Of the values of a choice the first speaks for all.
const judged = ".field .input, .choice input";
function judge(input) {
  const words = document.getElementById("words");
  const { valid } = input.validity;
  const fault = Object.keys(words.dataset).find((name) => input.validity[name]);
  const saying = valid ? "" : words.dataset[input.type === "radio" ? "choose" : fault ?? "badInput"];
  const id = `${input.id}-error`;
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id);
  document.getElementById(id)?.remove();
  if (!valid) {
    const said = words.content.firstElementChild.cloneNode(true);
    said.id = id;
    said.lastElementChild.textContent = saying;
    input.closest(".field, .choice").append(said);
    described.push(id);
  }
  document.getElementById("live").textContent = saying;
  valid ? input.removeAttribute("aria-invalid") : input.setAttribute("aria-invalid", "true");
  described.length ? input.setAttribute("aria-describedby", described.join(" ")) : input.removeAttribute("aria-describedby");
}
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  // What is about to be pressed must not move away from under the finger.
  if (relatedTarget?.matches("button")) return;
  requestAnimationFrame(() => target.matches(".field .input:user-invalid:not([aria-invalid])") && judge(target));
});
document.addEventListener("input", ({ target }) => {
  const [first] = target.type === "radio" ? all("input:enabled", target.closest(".choice") ?? target) : [target];
  if (first?.matches(`:is(${judged})[aria-invalid]:valid`)) judge(first);
});
// What is sent too early says so in the same words and place, and the first of them gets the focus.
document.addEventListener("invalid", (event) => {
  const { target } = event;
  if (!target.matches(judged) || !target.id) return;
  event.preventDefault();
  const faults = [...target.form.elements].filter((each) => each.willValidate && !each.validity.valid);
  if (faults[0] === target) target.focus();
  if (faults.find((each) => each.name === target.name) === target) judge(target);
}, true);

// Focus that would fall to the page goes where the eye goes: on to the first further card,
// else to the heading of what changed.
let lastCard;
document.addEventListener("htmx:before:swap", () => {
  lastCard = document.activeElement.closest("#more")?.previousElementSibling;
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  // A list that came anew tells how much it holds.
  const says = document.getElementById(ctx.target.id)?.dataset.says;
  if (says) document.getElementById("live").textContent = says;
  if (document.activeElement !== document.body) return;
  const next = lastCard?.nextElementSibling.querySelector("a");
  (next ?? document.getElementById(ctx.target.id)?.querySelector("h1, h2"))?.focus({ preventScroll: !!next });
});

document.addEventListener("htmx:after:swap", () => {
  all("dialog[data-show]:not([open])").forEach((dialog) => {
    dialog.removeAttribute("data-show");
    dialog.showModal();
    say(dialog);
  });
  // A morph leaves what was ticked by hand; the server's answer is what holds.
  all("form[data-as-answered]").forEach((form) => form.reset());
});

// What went wrong is over once something else was done.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.request?.method === "GET" || !(ctx.response?.status < 400)) return;
  all("#notices .notice-error").forEach((each) => each.remove());
});

document.addEventListener("htmx:error", (event) => {
  if (!event.detail.ctx) return;
  const notice = document.getElementById("no-answer").content.cloneNode(true);
  document.getElementById("notices").replaceChildren(notice);
});

// Keeps a conversation going where the socket alone cannot: see docs/chat.md. Not needed to read or write.
const POLLED_EVERY_MS = 5000;
const WRITING_TOLD_EVERY_MS = 2500;
const chat = document.getElementById("chat");
const messages = document.getElementById("messages");
const title = document.title.replace(/^\(\d+\) /, "");
let connection;
let polling;
let toldWritingAt = 0;

const newest = () => messages.querySelector(".message:last-of-type")?.id.replace("message-", "");

function isAtEnd() {
  return messages.scrollHeight - messages.scrollTop - messages.clientHeight < 120;
}

function showEnd() {
  messages.scrollTop = messages.scrollHeight;
}

// The page asks for what came since its last message, as the socket does when it comes back.
function poll() {
  if (document.hidden || !navigator.onLine) return;
  const query = newest() ? `?after=${newest()}` : "";
  const swap = query ? "append" : "innerHTML";
  htmx.ajax("GET", chat.dataset.chat + query, { source: "#messages", target: "#messages", swap });
}

function pollUntilConnected() {
  polling ??= setInterval(poll, POLLED_EVERY_MS);
}

if (chat?.hasAttribute("data-hx-ws:connect")) {
  let wasAtEnd = true;
  showEnd();
  messages.addEventListener("scroll", () => { wasAtEnd = isAtEnd(); }, { passive: true });

  // A socket and a poll that overlap bring the same message twice: the first one stays.
  new MutationObserver(() => {
    const seen = new Set();
    for (const message of messages.querySelectorAll(".message")) {
      if (seen.has(message.id)) message.remove();
      seen.add(message.id);
    }
    if (connection && newest()) {
      const url = new URL(connection.url);
      url.searchParams.set("after", newest());
      connection.url = url.href;
    }
    if (wasAtEnd) showEnd();
  }).observe(messages, { childList: true });

  chat.addEventListener("htmx:ws:after:connection", ({ detail }) => {
    ({ connection } = detail);
    clearInterval(polling);
    polling = undefined;
  });
  chat.addEventListener("htmx:ws:close", pollUntilConnected);
  chat.addEventListener("htmx:ws:error", pollUntilConnected);

  chat.addEventListener("input", () => {
    if (connection?.socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - toldWritingAt < WRITING_TOLD_EVERY_MS) return;
    toldWritingAt = Date.now();
    connection.socket.send('{"writing": true}');
  });

  chat.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (!event.target.matches("textarea")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // What was just sent is seen at once, also without a socket.
  chat.addEventListener("htmx:after:request", ({ target }) => {
    if (polling && target.id === "write") poll();
  });
}

// The staff's list of conversations has a socket of its own.
const desk = document.getElementById("desk")?.parentElement;
let deskPolling;

function pollDesk() {
  if (document.hidden || !navigator.onLine) return;
  htmx.ajax("GET", "/staff/chat", { source: "#desk", target: "#desk", swap: "outerMorph" });
}

function pollDeskUntilConnected() {
  deskPolling ??= setInterval(pollDesk, POLLED_EVERY_MS);
}

if (desk) {
  desk.addEventListener("htmx:ws:after:connection", () => {
    clearInterval(deskPolling);
    deskPolling = undefined;
  });
  desk.addEventListener("htmx:ws:close", pollDeskUntilConnected);
  desk.addEventListener("htmx:ws:error", pollDeskUntilConnected);

  // How many wait stands in the title, where it is seen from another tab.
  const options = { childList: true, subtree: true, attributeFilter: ["data-waiting"] };
  new MutationObserver(() => {
    const waiting = Number(document.getElementById("desk")?.dataset.waiting);
    if (!Number.isNaN(waiting)) document.title = waiting ? `(${waiting}) ${title}` : title;
  }).observe(desk, options);
}

// htmx may have looked at the page before the extension for sockets had come: look again.
for (const place of document.querySelectorAll("[data-hx-ws\\:connect]")) htmx.process(place);

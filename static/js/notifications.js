// The page of notifications: subscribes this browser at its push service, with its person's permission.

const page = document.querySelector("[data-push]");
const button = page?.querySelector("[data-subscribe]");

const encoded = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function say(words) {
  const line = page.querySelector("[data-push-says]");
  line.textContent = words;
  line.hidden = false;
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") {
    say("This browser does not allow the console to show notifications. Its settings for this site can change that.");
    return;
  }
  const registration = await navigator.serviceWorker.register("/push-worker.js");
  await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: page.dataset.push };
  const subscription = await registration.pushManager.subscribe(options);
  const form = page.querySelector("form");
  form.elements.url.value = subscription.endpoint;
  for (const name of ["p256dh", "auth"]) form.elements[name].value = encoded(subscription.getKey(name));
  form.submit();
}

if (button) {
  if (!window.isSecureContext || !("serviceWorker" in navigator) || !("PushManager" in window)) {
    say("This browser cannot be told: it needs https, and on an iPhone the console on the home screen.");
  } else {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.disabled = true;
      subscribe()
        .catch(() => say("This browser could not be subscribed: its push service cannot be reached, or it is a private window."))
        .finally(() => (button.disabled = false));
    });
  }
}

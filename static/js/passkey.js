// Passkeys: a form with data-passkey="create" or "get" asks the browser for a credential, puts it into its hidden field
// `credential` and is sent. The server's options stand in data-options, or are asked for at the address in data-ask.

const decode = (text) => {
  const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
};

const encode = (buffer) => {
  const characters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(characters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const decodeIds = (list) => list?.map((entry) => ({ ...entry, id: decode(entry.id) }));

function creationOptions(form, options) {
  const publicKey = structuredClone(options);
  const alone = form.elements.passwordless?.checked ?? false;
  publicKey.challenge = decode(publicKey.challenge);
  publicKey.user.id = decode(publicKey.user.id);
  publicKey.excludeCredentials = decodeIds(publicKey.excludeCredentials);
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone ? { userVerification: "required" } : {}),
  };
  return publicKey;
}

function requestOptions(options) {
  const publicKey = structuredClone(options);
  publicKey.challenge = decode(publicKey.challenge);
  publicKey.allowCredentials = decodeIds(publicKey.allowCredentials);
  return publicKey;
}

function asJson(credential) {
  const { response } = credential;
  const told = { clientDataJSON: encode(response.clientDataJSON) };
  if (response.attestationObject) {
    told.attestationObject = encode(response.attestationObject);
    told.transports = response.getTransports?.() ?? [];
  } else {
    told.authenticatorData = encode(response.authenticatorData);
    told.signature = encode(response.signature);
    told.userHandle = response.userHandle ? encode(response.userHandle) : null;
  }
  return {
    type: credential.type,
    id: credential.id,
    rawId: encode(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: told,
  };
}

async function askedOptions(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options).publicKey;
  const answer = await fetch(form.dataset.ask, {
    headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).request_options.publicKey;
}

async function credentialFor(form) {
  const options = await askedOptions(form);
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: creationOptions(form, options) })
    : navigator.credentials.get({ publicKey: requestOptions(options) });
}

function say(form, error) {
  const words = {
    InvalidStateError: "This one has been added before.",
    NotAllowedError: "Nothing happened: it was stopped, or took too long.",
    SecurityError: "Passkeys need this console to be opened by its name, over https or as localhost.",
  };
  const line = form.querySelector("[role=alert]");
  line.textContent = words[error.name] ?? "That did not work. Load the page again and try once more.";
  line.hidden = false;
}

async function send(form) {
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const credential = await credentialFor(form);
    form.elements.credential.value = JSON.stringify(asJson(credential));
    form.submit();
  } catch (error) {
    say(form, error);
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const supported = "PublicKeyCredential" in window;
  if (!supported && form.classList.contains("needs-js")) form.hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

// Says who else follows the session.

const KINDS = { web: "in a browser", ide: "in an editor", desktop: "on the desktop", agent: "an agent" };

/** How many are here, ourselves included; nothing to say of one alone. */
export function watchingWords(count) {
  return count > 1 ? `${count} watching` : "";
}

/** One line a person, for the tooltip. */
export function peopleLines(people) {
  return people.map(({ name, kind }) => `${name || "someone with the link"}, ${KINDS[kind] ?? kind}`).join("\n");
}

export function watchPresence(client, page) {
  const place = page.querySelector("[data-watching]");
  if (!place) return;
  client.addEventListener("presence", ({ detail: { count, people } }) => {
    place.textContent = watchingWords(count);
    place.title = peopleLines(people);
    place.hidden = count < 2;
  });
  client.addEventListener("state", ({ detail: { state } }) => {
    if (state !== "live") place.hidden = true;
  });
}

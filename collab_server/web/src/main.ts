// SPDX-License-Identifier: GPL-3.0-or-later
// The review page: a room by its link, the garment, and what is said about it.
import "@fontsource-variable/inter/wght.css";
import "@fontsource/cormorant-garamond/500.css";
import { App } from "./app";
import { choosePanel } from "./choose";
import { commentsPanel, threadsOf } from "./comments";
import { button, el, toast } from "./dom";
import { type Guest, linkOf, Room } from "./room";
import { stageView } from "./stage";
import { Studio } from "./studio";
import { nameOf, versionsPanel } from "./versions";
import { language, nameOf as languageOf, others, speak, t, type Word } from "./words";

document.documentElement.lang = language;
document.title = t("review");
addEventListener("hashchange", () => location.reload());

const link = linkOf(location.hash);
if (link) open(new Room(link));
else document.body.append(el("main", { class: "alone" }, el("h1", {}, t("review")), el("p", {}, t("no_link"))));

function open(room: Room): void {
  const canvas = el("canvas", { tabindex: 0, role: "application", "aria-label": t("garment") });
  const app = new App(room, studioOn(canvas));
  document.body.append(
    el("a", { class: "skip", href: "#panel", click: (event: Event) => {
      event.preventDefault(); // the part behind # is the invitation
      document.getElementById("comments-tab")?.focus();
    } }, t("skip")),
    headerView(app), bannerView(app), stageView(app, canvas), panelView(app),
  );
  room.addEventListener("refused", (event) => toast(t("refused", { reason: (event as CustomEvent<string>).detail })));
  app.refresh();
}

function studioOn(canvas: HTMLCanvasElement): Studio | null {
  try {
    return new Studio(canvas);
  } catch (error) {
    console.warn(error); // no WebGL 2: the stage says so, and all else works
    return null;
  }
}

function headerView(app: App): HTMLElement {
  const title = el("h1");
  const version = el("p", { class: "note" });
  const people = el("ul", { class: "people", "aria-label": t("here") });
  const state = el("p", { class: "state" });
  app.addEventListener("refresh", () => {
    title.textContent = app.offer.title || t("review");
    document.title = title.textContent;
    version.textContent = app.shown ? nameOf(app.shown) : app.room.link.room;
    const { health } = app.room;
    state.dataset["health"] = health;
    state.textContent = t(health === "live" ? "live" : health === "connecting" ? "connecting" : "offline_short");
    people.replaceChildren(...app.room.guests.map((guest) => el("li", {}, personView(app, guest))));
  });
  return el("header", {}, el("div", { class: "title" }, title, version), state, people,
    ...others.map((other) => button(languageOf(other), () => speak(other), "link")));
}

function personView(app: App, { client, name, role, camera, holds, me }: Guest): HTMLElement {
  const initials = [...name.matchAll(/(?:^|\s)(\S)/gu)].slice(0, 2).map((found) => found[1]!.toUpperCase()).join("");
  const told = `${me ? t("you", { name }) : name}, ${t(role as Word)}${holds === undefined ? "" : `: ${holds}`}`;
  const values = { class: "person", title: told, "data-role": role };
  if (me || !camera || !app.studio) return el("span", { ...values, role: "img", "aria-label": told }, initials);
  return el("button", {
    ...values, type: "button", "aria-label": `${told}. ${t("follow", { name })}`,
    "aria-pressed": String(app.following === client), click: () => app.follow(app.following === client ? 0 : client),
  }, initials);
}

/** What the network does to us, in words: offline, what waits, an invitation that has ended. */
function bannerView(app: App): HTMLElement {
  const node = el("p", { class: "banner", role: "status" });
  let away = false;
  app.addEventListener("refresh", () => {
    const { health, reason, waiting } = app.room;
    const waits = waiting.length === 1 ? t("waiting_one") : waiting.length ? t("waiting_many", { count: waiting.length }) : "";
    node.textContent = health === "refused" ? `${t("link_over")} ${reason}` : health === "offline" ? `${t("offline")} ${waits}` : "";
    node.hidden = !node.textContent;
    if (health === "offline") away = true;
    if (health === "live" && away && !waiting.length) {
      away = false;
      toast(t("back"));
    }
  });
  return node;
}

function panelView(app: App): HTMLElement {
  const tabs = ([["comments", commentsPanel], ["choose", choosePanel], ["versions", versionsPanel]] as const)
    .map(([word, panel], at) => {
      const tab = el("button", {
        type: "button", role: "tab", id: `${word}-tab`, "aria-controls": word, click: () => show(at),
        keydown: (event: KeyboardEvent) => {
          const to = at + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0);
          if (to !== at) show((to + tabs.length) % tabs.length)?.focus();
        },
      }, t(word));
      const body = el("section", { id: word, role: "tabpanel", "aria-labelledby": `${word}-tab` }, panel(app));
      return { tab, body, word };
    });
  const show = (chosen: number): HTMLElement | undefined => {
    tabs.forEach(({ tab, body }, at) => {
      tab.setAttribute("aria-selected", String(at === chosen));
      tab.tabIndex = at === chosen ? 0 : -1;
      body.hidden = at !== chosen;
    });
    return tabs[chosen]?.tab;
  };
  show(0);
  let selected = "";
  let drafting = false;
  app.addEventListener("refresh", () => {
    const open = threadsOf(app).filter(({ resolved }) => !resolved).length;
    tabs[0]!.tab.textContent = open ? `${t("comments")} ${open}` : t("comments");
    if ((app.draft && !drafting) || app.selected !== selected) show(0);
    selected = app.selected;
    drafting = app.draft !== null;
  });
  return el("aside", { id: "panel" }, el("div", { role: "tablist", class: "tabs" }, ...tabs.map(({ tab }) => tab)),
    ...tabs.map(({ body }) => body));
}

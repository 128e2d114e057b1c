// SPDX-License-Identifier: GPL-3.0-or-later
// The garment and what lies over it: pins, tools, the wipe, the fit map's scale, the replay.
import type { App } from "./app";
import { threadsOf } from "./comments";
import { button, el, icon, List } from "./dom";
import { type FitMap, legend } from "./fit";
import { openPlaces } from "./places";
import { date, t, type Word } from "./words";

const STEP = 1_400; // ms a moment of the replay stays
const LOOK = 300; // ms between two tellings of where one looks from
const STILL = 5; // pixels that a click may move

const ICONS = {
  turn: "M4 12c0-2.200 3.600-4 8-4s8 1.800 8 4-3.600 4-8 4h-2m2.500-3L9.500 16l3 3",
  whole: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  fit: "M8 4c0 4-3 5-3 9s2 5 2 7m9-16c0 4 3 5 3 9s-2 5-2 7M5.500 11h13",
  replay: "M4 5v5h5M4.600 10A8 8 0 1 1 4 14m8-6v5l3 2",
  room: "M12 3l8 4.500v9L12 21l-8-4.500v-9L12 3Zm0 9 8-4.500M12 12v9M12 12 4 7.500",
};

export function stageView(app: App, canvas: HTMLCanvasElement): HTMLElement {
  const parts = [pinsView(app), wipeView(app), messageView(app), hintView(app), fitView(app), replayView(app)];
  if (app.studio) handle(app, canvas);
  return el("main", { class: "stage" }, canvas, ...parts, toolsView(app));
}

/** Clicks that pin a comment, and where one looks from. */
function handle(app: App, canvas: HTMLCanvasElement): void {
  let down = { x: 0, y: 0 };
  const pick = (event: MouseEvent) => {
    const anchor = app.studio?.pick(event.clientX, event.clientY);
    if (anchor) app.place(anchor);
  };
  canvas.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => (down = { x, y }));
  canvas.addEventListener("click", (event) => {
    const moved = Math.hypot(event.clientX - down.x, event.clientY - down.y);
    if (app.pinning && moved < STILL) pick(event);
  });
  canvas.addEventListener("dblclick", (event) => app.speaks && app.studio?.comparison === "none" && pick(event));
  canvas.addEventListener("keydown", (event) => event.key === "Escape" && app.pin(false));
  app.addEventListener("refresh", () => canvas.classList.toggle("pinning", app.pinning));

  let told = "";
  let asked = 0;
  app.studio?.addEventListener("draw", () => {
    asked ||= window.setTimeout(() => {
      asked = 0;
      const round = (v: number) => Math.round(v * 1000) / 1000;
      const { at, to } = app.studio!.view;
      const camera = { at: at.map(round), to: to.map(round) } as typeof app.studio.view;
      if (told === (told = JSON.stringify(camera)) || app.following) return;
      app.room.lookFrom(camera);
    }, LOOK);
  });
}

function pinsView(app: App): HTMLElement {
  type Pin = { id: string; number: number; resolved: boolean; text: string; piece: string; uv: [number, number] };
  const pins = new List<Pin>(el("div", { class: "pins" }), ({ id }) => id, ({ id }) => {
    const node = el("button", { type: "button", class: "pin", click: () => app.select(id) });
    return {
      node,
      update(pin) {
        node.textContent = String(pin.number);
        node.setAttribute("aria-label", `${pin.number}: ${pin.text}`);
        node.setAttribute("aria-pressed", String(app.selected === id));
        node.classList.toggle("resolved", pin.resolved);
      },
    };
  });
  const draft = el("span", { class: "pin draft", "aria-hidden": true }, "+");
  let seen: Pin[] = [];
  const put = (node: HTMLElement, anchor: Pin | App["draft"]) => {
    const at = app.studio?.comparison === "none" && anchor && app.studio.project(anchor);
    node.hidden = !at;
    if (!at) return;
    node.style.transform = `translate(${at.x.toFixed(1)}px, ${at.y.toFixed(1)}px)`;
    node.classList.toggle("behind", !at.faces);
  };
  const place = () => {
    seen.forEach((pin, at) => put(pins.node.children[at] as HTMLElement, pin));
    put(draft, app.draft);
  };
  app.studio?.addEventListener("draw", place);
  app.addEventListener("refresh", () => {
    seen = threadsOf(app).flatMap((thread) =>
      thread.piece !== undefined && thread.uv && (!thread.resolved || thread.id === app.selected)
        ? [{ ...thread, piece: thread.piece, uv: thread.uv }] : []);
    pins.update(seen);
    place();
  });
  return el("div", { class: "over" }, pins.node, draft);
}

function wipeView(app: App): HTMLElement {
  const range = el("input", {
    type: "range", min: 0, max: 1, step: 0.005, value: 0.5, class: "wipe", "aria-label": t("wipe_at"), input: () => move(),
  });
  const line = el("i", { class: "wipe-line" });
  const node = el("div", { class: "over" }, line, range);
  const move = () => {
    if (!app.studio) return;
    app.studio.wipe = Number(range.value);
    line.style.left = `${100 * app.studio.wipe}%`;
    app.studio.draw();
  };
  app.addEventListener("refresh", () => {
    const comparison = app.studio?.comparison ?? "none";
    node.hidden = comparison === "none";
    range.hidden = comparison !== "wipe";
    line.style.left = comparison === "wipe" ? `${100 * Number(range.value)}%` : "50%";
  });
  return node;
}

function messageView(app: App): HTMLElement {
  const text = el("p");
  const bar = el("progress", { max: 1, "aria-label": t("loading") });
  const again = button(t("again"), () => app.retry());
  const node = el("div", { class: "message", role: "status" }, text, bar, again);
  const update = () => {
    const loading = app.progress !== null;
    const words: Word | null = loading ? "loading" : !app.studio ? "no_page"
      : !app.shown && app.room.health === "live" ? "nothing_yet" : null;
    text.textContent = app.failure || (words ? t(words) : "");
    if (loading) bar.value = app.progress!;
    bar.hidden = !loading;
    again.hidden = !app.failure;
    node.hidden = !text.textContent;
  };
  app.addEventListener("refresh", update);
  app.addEventListener("progress", update);
  return node;
}

function hintView(app: App): HTMLElement {
  const text = el("p");
  const end = button(t("cancel"), () => (app.pinning ? app.pin(false) : app.follow(0)), "link");
  const node = el("div", { class: "hint", role: "status" }, text, end);
  app.addEventListener("refresh", () => {
    text.textContent = app.pinning ? t("pin_how") : app.leader ? t("following", { name: app.leader.name }) : "";
    node.hidden = !text.textContent;
  });
  return node;
}

function toolsView(app: App): HTMLElement {
  const tool = (word: keyof typeof ICONS, click: () => void) =>
    el("button", { type: "button", class: "tool", click }, icon(ICONS[word]), el("span", {}, t(word)));
  const turn = tool("turn", () => {
    app.studio!.turning = !app.studio!.turning;
    app.refresh();
  });
  const whole = tool("whole", () => app.studio!.whole());
  const fit = tool("fit", () => app.fit(app.map === null ? app.garment?.maps[0] ?? null : null));
  const replay = tool("replay", () => app.replay(app.until === Infinity ? Date.now() / 1000 : Infinity));
  const room = tool("room", () => void openPlaces(app));
  app.addEventListener("refresh", () => {
    turn.setAttribute("aria-pressed", String(app.studio?.turning ?? false));
    fit.setAttribute("aria-pressed", String(app.map !== null));
    replay.setAttribute("aria-pressed", String(app.until !== Infinity));
    for (const one of [turn, whole, room]) one.disabled = !app.garment;
    fit.disabled = !app.garment?.maps.length;
    replay.disabled = app.until === Infinity && !app.review.events.length;
  });
  return el("div", { class: "tools", role: "toolbar", "aria-label": t("tools") }, turn, whole, fit, replay, room);
}

function fitView(app: App): HTMLElement {
  const kinds = (["stretch", "pressure"] as FitMap[]).map((map) => ({
    map, button: button(t(`fit_${map}` as Word), () => app.fit(map), "tab"),
  }));
  const [ramp, low, high] = [el("i", { class: "ramp" }), el("span"), el("span")];
  const node = el("section", { class: "fit", "aria-label": t("fit_title") },
    el("div", { class: "row" }, ...kinds.map(({ button: one }) => one)), ramp, el("div", { class: "row between" }, low, high));
  app.addEventListener("refresh", () => {
    node.hidden = app.map === null || !app.scale;
    if (app.map === null || !app.scale) return;
    for (const { map, button: one } of kinds) {
      one.setAttribute("aria-pressed", String(map === app.map));
      one.hidden = !app.garment?.maps.includes(map);
    }
    ramp.style.backgroundImage = legend(app.map);
    const told = (value: number) => `${Number(value.toPrecision(2))} ${app.scale!.unit}`;
    [low.textContent, high.textContent] = [told(app.scale.low), told(app.scale.high)];
  });
  return node;
}

function replayView(app: App): HTMLElement {
  let events: App["review"]["events"] = [];
  let playing = 0;
  const range = el("input", { type: "range", min: 0, step: 1, "aria-label": t("replay_at"), input: () => {
    stop();
    at(Number(range.value));
  } });
  const told = el("p", { "aria-live": "polite" });
  const play = button(t("play"), () => (playing ? stop() : start()), "quiet");
  const close = button(t("close"), () => app.replay(Infinity), "link");
  const node = el("section", { class: "replay", "aria-label": t("replay") }, play, range, close, told);
  const at = (step: number) => {
    range.value = String(step);
    const event = events[step];
    if (!event) return;
    told.textContent = `${date(event.at)}: ${t(`said_${event.verb}` as Word, { name: event.by })}`;
    range.setAttribute("aria-valuetext", told.textContent);
    app.replay(event.at);
  };
  const stop = () => {
    clearInterval(playing);
    playing = 0;
    play.textContent = t("play");
  };
  const start = () => {
    if (Number(range.value) >= events.length - 1) at(0);
    play.textContent = t("pause");
    playing = window.setInterval(() => {
      at(Number(range.value) + 1);
      if (Number(range.value) >= events.length - 1) stop();
    }, STEP);
  };
  app.addEventListener("refresh", () => {
    const on = app.until !== Infinity;
    if (on && node.hidden) {
      events = app.review.events;
      range.max = String(events.length - 1);
      at(events.length - 1);
    }
    if (!on) stop();
    node.hidden = !on;
  });
  node.hidden = true;
  return node;
}

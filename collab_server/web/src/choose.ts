// SPDX-License-Identifier: GPL-3.0-or-later
// What is chosen together (fabric, colour, size), and the changes suggested.
import type { App } from "./app";
import { button, el, List, type Shown } from "./dom";
import type { Colourway, Proposal } from "./review";
import { date, quantity, t } from "./words";

interface Option { value: string; swatch?: string; unseen?: boolean } // unseen: the 3D does not hold it

export function choosePanel(app: App): HTMLElement {
  const fabric = options(t("fabric"), "fabric", (value) => app.choose("fabric", "main", value));
  const size = options(t("size"), "size", (value) => app.choose("size", "", value));
  const colour = options(t("colour"), "colour", (value) => wear(app, value));
  const own = el("input", { type: "color", change: () => app.choose("colour", "main", own.value) });
  const ownColour = el("label", { class: "own" }, own, el("span", {}, t("own_colour")));
  colour.node.append(ownColour);
  const suggest = suggestView(app);
  const proposals = new List<Proposal>(el("ol", { class: "proposals" }), ({ id }) => id, () => proposalView(app));
  const suggestions = el("section", { "aria-labelledby": "suggestions" },
    el("h2", { id: "suggestions" }, t("suggestions")), proposals.node);
  const nothing = el("p", { class: "empty" }, t("nothing_offered"));
  const look = el("p", { class: "empty" }, t("only_look"));

  app.addEventListener("refresh", () => {
    const { offer, review, speaks } = app;
    const variants = app.garment?.variants ?? [];
    const fabrics = [...new Set([...variants, ...offer.fabrics])];
    fabric.update(app, fabrics.map((value) => ({ value, unseen: !variants.includes(value) })), app.choice("fabric", "main"));
    colour.update(app, offer.colourways.map(({ name, parts }) => ({
      value: name, swatch: parts["main"] ?? Object.values(parts)[0] ?? "#ffffff",
    })), worn(app, offer.colourways));
    colour.node.hidden = !app.shown;
    const main = app.choice("colour", "main")?.value;
    if (main) own.value = main;
    own.disabled = !speaks;
    size.update(app, offer.sizes.map((value) => ({ value, unseen: !app.shown?.sizes?.[value] })), app.size);
    suggest.update();
    proposals.update(review.proposals.toReversed());
    suggestions.hidden = !review.proposals.length;
    nothing.hidden = Boolean(app.shown || fabrics.length || offer.sizes.length || offer.parameters.length);
    look.hidden = app.room.me.role !== "viewer";
  });
  return el("div", { class: "choose" }, look, nothing, colour.node, fabric.node, size.node, suggest.node, suggestions);
}

/** Choose a colourway: a colour for each of its parts. */
function wear(app: App, name: string): void {
  const parts = app.offer.colourways.find((each) => each.name === name)?.parts ?? {};
  for (const [part, hex] of Object.entries(parts)) app.choose("colour", part, hex);
}

function worn(app: App, colourways: Colourway[]): { value: string; by: string } | undefined {
  const main = app.choice("colour", "main");
  const name = colourways.find(({ parts }) =>
    Object.entries(parts).every(([part, hex]) => app.choice("colour", part)?.value === hex))?.name;
  return main && { value: name ?? "", by: main.by };
}

/** A group of which one is chosen, and by whom. */
function options(title: string, name: string, choose: (value: string) => void) {
  const by = el("p", { class: "note", id: `${name}-by` });
  const list = new List<Option & { chosen: boolean; may: boolean }>(el("div", { class: `options ${name}` }), (o) => o.value, ({ value }) => {
    const input = el("input", { type: "radio", name, value, change: () => choose(value) });
    const swatch = el("i", { class: "swatch" });
    return {
      node: el("label", { class: "option" }, input, swatch, el("span", {}, value)),
      update(option) {
        input.checked = option.chosen;
        input.disabled = !option.may;
        swatch.hidden = option.swatch === undefined;
        swatch.style.backgroundColor = option.swatch ?? "";
      },
    };
  });
  const node = el("fieldset", {}, el("legend", {}, title), list.node, by);
  return {
    node,
    update(app: App, all: Option[], chosen: { value: string; by: string } | undefined) {
      node.hidden = !all.length;
      list.update(all.map((option) => ({ ...option, chosen: option.value === chosen?.value, may: app.speaks })));
      const unseen = all.some((option) => option.value === chosen?.value && option.unseen);
      by.textContent = chosen ? `${t("chosen_by", { name: chosen.by })}${unseen ? ` · ${t("not_shown")}` : ""}` : "";
    },
  };
}

function suggestView(app: App): { node: HTMLElement; update(): void } {
  const what = el("select", { id: "what", change: () => begin() });
  const slider = el("input", { type: "range", id: "value", step: "any", input: () => tell() });
  const value = el("output", { for: "value" });
  const now = el("p", { class: "note" });
  const note = el("input", { maxlength: 4000, placeholder: t("suggest_note"), "aria-label": t("suggest_note") });
  const send = el("button", { class: "solid" }, t("suggest_send"));
  const chosen = () => app.offer.parameters.find(({ name }) => name === what.value);
  const tell = () => {
    const parameter = chosen();
    if (!parameter) return;
    const to = Number(slider.value);
    const by = to - parameter.value;
    const change = `${by > 0 ? "+" : "−"}${quantity(Math.abs(by), parameter.unit)}`;
    send.disabled = Math.abs(by) < 1e-9;
    value.textContent = send.disabled ? "" : `${quantity(to, parameter.unit)} (${change})`;
    slider.setAttribute("aria-valuetext", value.textContent || quantity(to, parameter.unit));
    now.textContent = t("now", { value: quantity(parameter.value, parameter.unit) });
  };
  const begin = () => {
    const parameter = chosen();
    if (!parameter) return;
    slider.min = String(Math.min(parameter.low, parameter.value));
    slider.max = String(Math.max(parameter.high, parameter.value));
    slider.value = String(parameter.value);
    tell();
  };
  const form = el("form", { class: "suggest", submit: (event: SubmitEvent) => {
    event.preventDefault();
    const parameter = chosen();
    if (!parameter) return;
    const step = parameter.unit === "" ? 1e-2 : 1e-3; // a millimetre, a thousandth
    const wanted = Number((Math.round(Number(slider.value) / step) * step).toFixed(6));
    const text = note.value.trim();
    note.value = "";
    app.say("propose", { parameter: parameter.name, value: wanted, text }).catch(() => (note.value ||= text));
    begin();
  } },
  el("h2", {}, t("suggest")),
  el("label", { for: "what" }, t("suggest_what")), what,
  el("div", { class: "row between" }, now, value), el("label", { for: "value", class: "hidden" }, t("suggest_what")), slider,
  el("div", { class: "row" }, note, send));
  let offered = "";
  let held: number | undefined;
  return {
    node: form,
    update() {
      form.hidden = !app.speaks || !app.offer.parameters.length;
      const all = JSON.stringify(app.offer.parameters.map(({ name, label, low, high }) => [name, label, low, high]));
      if (all !== offered) {
        offered = all;
        const kept = what.value;
        what.replaceChildren(...app.offer.parameters.map(({ name, label }) => el("option", { value: name }, label)));
        if (app.offer.parameters.some(({ name }) => name === kept)) what.value = kept;
        begin();
      }
      const moved = chosen()?.value;
      if (moved !== held) begin(); // by the designer
      held = moved;
    },
  };
}

function proposalView(app: App): Shown<Proposal> {
  const by = el("p", { class: "by" });
  const change = el("p", { class: "change" });
  const text = el("p", { class: "text" });
  const status = el("p", { class: "note" });
  let id = "";
  const decide = el("div", { class: "row" },
    button(t("accept"), () => app.decide(id, true), "solid"), button(t("decline"), () => app.decide(id, false)));
  return {
    node: el("li", { class: "proposal" }, by, change, text, status, decide),
    update(proposal) {
      id = proposal.id;
      const { label, unit } = app.offer.parameters.find(({ name }) => name === proposal.parameter)
        ?? { label: proposal.parameter, unit: "" };
      const decision = app.review.decisions.get(id);
      by.replaceChildren(el("b", {}, proposal.by), el("time", {}, date(proposal.at)));
      change.textContent = `${label} → ${quantity(proposal.value, unit)}`;
      text.textContent = proposal.text;
      text.hidden = !proposal.text;
      status.textContent = !decision ? t("undecided")
        : t(decision.accepted ? "accepted" : "declined", { name: decision.by });
      status.dataset["status"] = !decision ? "open" : decision.accepted ? "good" : "bad";
      decide.hidden = Boolean(decision) || !app.leads;
    },
  };
}

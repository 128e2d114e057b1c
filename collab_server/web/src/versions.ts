// SPDX-License-Identifier: GPL-3.0-or-later
// Versions: shown, compared, approved.
import type { App } from "./app";
import { button, dialog, el, List, type Shown } from "./dom";
import type { Approval, Version } from "./review";
import type { Comparison } from "./studio";
import { date, quantity, spoken, t } from "./words";

export const nameOf = (version: Version): string => version.label || t("version_unnamed", { date: date(version.at) });

export function versionsPanel(app: App): HTMLElement {
  const list = new List<Version>(el("ol", { class: "versions" }), ({ key }) => key, () => versionView(app));
  const empty = el("p", { class: "empty" }, t("nothing_yet"));
  const comparison = comparisonView(app);
  app.addEventListener("refresh", () => {
    list.update(app.review.versions.toReversed());
    empty.hidden = app.review.versions.length > 0;
    comparison.update();
  });
  return el("div", {}, empty, comparison.node, list.node);
}

function versionView(app: App): Shown<Version> {
  const [name, by, marks] = [el("h2"), el("p", { class: "note" }), el("p", { class: "marks" })];
  const approvals = el("ul", { class: "approvals" });
  let version: Version;
  const show = button(t("show"), () => app.show(version));
  const compare = button(t("compare_with"), () => app.compare(version));
  const approve = button(t("approve"), () => confirmApproval(app, version), "solid");
  const node = el("li", { class: "version" }, marks, name, by, approvals, el("div", { class: "row" }, show, compare, approve));
  return {
    node,
    update(told) {
      version = told;
      const shown = app.shown?.key === version.key;
      const latest = app.review.versions.at(-1)?.key === version.key;
      name.textContent = nameOf(version);
      by.textContent = t("published_by", { name: version.by, date: date(version.at) });
      marks.replaceChildren(...[shown && t("shown"), latest && t("latest")].filter((mark) => mark !== false)
        .map((mark) => el("span", { class: "mark" }, mark)));
      show.hidden = shown;
      compare.hidden = shown || !app.studio || app.other?.key === version.key;
      approve.hidden = !app.speaks;
      approvals.replaceChildren(...app.review.approvals.filter((each) => each.version === version.key).map(approvalView));
      node.classList.toggle("selected", shown);
    },
  };
}

function approvalView(approval: Approval): HTMLElement {
  const short = (text: string) => el("code", { title: text }, `${text.slice(0, 10)}…`);
  return el("li", {},
    t("approved_by", { name: approval.by, date: date(approval.at) }),
    el("small", {}, `${t("fingerprint")} `, short(approval.version), ` ${t("signature")} `, short(approval.signature)));
}

function confirmApproval(app: App, version: Version): void {
  const shown = dialog(t("approve_title", { name: nameOf(version) }),
    el("p", {}, t("approve_text")),
    el("p", { class: "note" }, `${t("fingerprint")} `, el("code", {}, version.key.slice(0, 32), "\u200b", version.key.slice(32))),
    el("div", { class: "row end" },
      button(t("cancel"), () => shown.close()),
      button(t("approve_do"), () => {
        shown.close();
        app.say("approve", { version: version.key }).catch(() => {});
      }, "solid")));
}

function comparisonView(app: App): { node: HTMLElement; update(): void } {
  const title = el("h2");
  const differences = el("dl", { class: "differences" });
  const same = el("p", { class: "note" }, t("no_differences"));
  const how = (["wipe", "side"] as Comparison[]).map((each) => ({
    each, button: button(t(each as "wipe" | "side"), () => app.compare(app.other, each)),
  }));
  const node = el("section", { class: "comparison", "aria-live": "polite" }, title,
    el("div", { class: "row" }, ...how.map(({ button: one }) => one), button(t("compare_end"), () => app.compare(null), "link")),
    el("h3", {}, t("differences")), differences, same);
  return {
    node,
    update() {
      node.hidden = !app.other || !app.shown;
      if (!app.other || !app.shown) return;
      title.textContent = `${nameOf(app.shown)} | ${nameOf(app.other)}`;
      for (const { each, button: one } of how) one.setAttribute("aria-pressed", String(app.studio?.comparison === each));
      const [before, after] = [app.shown.parameters ?? {}, app.other.parameters ?? {}];
      const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
        .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
      differences.replaceChildren(...names.flatMap((name) => {
        const { label, unit } = app.offer.parameters.find((each) => each.name === name) ?? { label: spoken(name), unit: "" };
        const told = (value: unknown) => value === undefined ? t("absent")
          : typeof value === "number" ? quantity(value, unit) : String(value);
        return [el("dt", {}, label), el("dd", {}, `${told(before[name])} | ${told(after[name])}`)];
      }));
      same.hidden = names.length > 0;
    },
  };
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Elements made of text and attributes alone: nothing that came over the wire is ever read as markup.

type Value = string | number | boolean | undefined | ((event: never) => void);
type Child = Node | string | false | undefined;

function fill<E extends Element>(element: E, values: Record<string, Value>, children: Child[]): E {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== false && child !== undefined));
  return element;
}

/** An element; functions among its values are listeners. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K, values: Record<string, Value> = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), values, children);
}

/** A line drawing of 24 × 24, for the eye alone. */
export function icon(path: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const line = fill(document.createElementNS(space, "path"), { d: path }, []);
  return fill(document.createElementNS(space, "svg"), { viewBox: "0 0 24 24", "aria-hidden": "true" }, [line]);
}

/** A button with a word on it. */
export function button(label: string, click: () => void, kind = "quiet", path?: string): HTMLButtonElement {
  return el("button", { type: "button", class: kind, click }, path !== undefined && icon(path), el("span", {}, label));
}

/** Something on the page that can be told anew. */
export interface Shown<T> {
  node: HTMLElement;
  update(item: T): void;
}

/** Keeps a list's elements by key, so that focus and half-written text stay when others' news come in. */
export class List<T> {
  private held = new Map<string, Shown<T>>();

  constructor(readonly node: HTMLElement, private key: (item: T) => string, private make: (item: T) => Shown<T>) {}

  update(items: readonly T[]): void {
    const left = new Map(this.held);
    let before = this.node.firstElementChild;
    for (const item of items) {
      const key = this.key(item);
      const shown = this.held.get(key) ?? this.make(item);
      this.held.set(key, shown);
      left.delete(key);
      shown.update(item);
      if (shown.node === before) before = before.nextElementSibling;
      else this.node.insertBefore(shown.node, before);
    }
    for (const [key, shown] of left) {
      shown.node.remove();
      this.held.delete(key);
    }
  }
}

/** Says a thing once, to eyes and to screen readers. */
export function toast(text: string): void {
  const said = el("p", { class: "toast", role: "status" }, text);
  document.body.append(said);
  setTimeout(() => said.remove(), 6_000);
}

/** A dialog that closes by Escape, its button, or what was chosen in it; `close` comes as the event. */
export function dialog(title: string, ...children: Child[]): HTMLDialogElement {
  const heading = el("h2", { id: "dialog-title" }, title);
  const shown = el("dialog", { "aria-labelledby": "dialog-title", close: () => shown.remove() }, heading, ...children);
  document.body.append(shown);
  shown.showModal();
  return shown;
}

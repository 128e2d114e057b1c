// SPDX-License-Identifier: GPL-3.0-or-later
// Comments: what is being written, and the threads.
import type { App } from "./app";
import { button, el, List, type Shown, toast } from "./dom";
import type { Anchor, Comment } from "./review";
import { date, spoken, t } from "./words";

interface Thread extends Comment { number: number; replies: Comment[]; resolved: boolean; waits: boolean }

export function commentsPanel(app: App): HTMLElement {
  let shownResolved = false;
  const list = new List<Thread>(el("ol", { class: "threads" }), ({ id }) => id, (thread) => threadView(app, thread));
  const more = button("", () => {
    shownResolved = !shownResolved;
    update();
  }, "link");
  const empty = el("p", { class: "empty" }, t("no_comments"));
  const composer = composerView(app);
  const update = () => {
    composer.update();
    const threads = threadsOf(app);
    const resolved = threads.filter((thread) => thread.resolved).length;
    list.update(threads.filter((each) => shownResolved || !each.resolved || each.id === app.selected));
    more.hidden = !resolved;
    more.setAttribute("aria-pressed", String(shownResolved));
    more.textContent = t("show_resolved", { count: resolved });
    empty.hidden = threads.length > 0;
  };
  app.addEventListener("refresh", update);
  return el("div", { class: "comments" }, composer.node, empty, list.node, more);
}

/** The threads, the newest first, numbered as they came; those that wait to be sent among them. */
export function threadsOf(app: App): Thread[] {
  const { comments, marks } = app.review;
  const waiting = app.until === Infinity ? app.room.waiting.filter((command) => command.do === "comment") : [];
  const sent = new Set(comments.map(({ id }) => id));
  const all = [
    ...comments.map((comment) => ({ ...comment, waits: false })),
    ...waiting.filter(({ id }) => !sent.has(id)).map((command) => ({
      ...(command as unknown as Comment), by: app.room.me.name, role: app.room.me.role, at: Date.now() / 1000, waits: true,
    })),
  ];
  return all.filter(({ reply_to }) => reply_to === undefined).map((comment, at) => ({
    ...comment, number: at + 1,
    replies: all.filter(({ reply_to }) => reply_to === comment.id),
    resolved: marks.get(comment.id)?.status === "resolved",
  })).reverse();
}

function composerView(app: App): { node: HTMLElement; update(): void } {
  const text = el("textarea", { id: "comment", rows: 2, maxlength: 4000, placeholder: t("comment_write"), required: true });
  const where = el("select", { id: "where", change: () => {
    app.place(where.value ? app.garment?.middleOf(where.value) ?? null : null);
  } });
  const pin = button(t("pin"), () => app.pin(!app.pinning), "quiet", "M12 21s-6-5.6-6-11a6 6 0 0 1 12 0c0 5.400-6 11-6 11Zm0-13.500v5m-2.500-2.500h5");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const said = text.value.trim();
    if (!said) return;
    const anchor: Anchor | null = app.draft;
    text.value = "";
    app.say("comment", { text: said, ...anchor }).catch(() => (text.value ||= said));
    app.place(null);
  };
  const form = el("form", { class: "composer", submit: send },
    el("label", { for: "comment", class: "hidden" }, t("comment_write")), text,
    el("div", { class: "row" },
      el("label", { for: "where", class: "hidden" }, t("where")), where, pin,
      el("button", { class: "solid" }, t("send"))));
  const look = el("p", { class: "empty" }, t("only_look"));
  let offered = "";
  return {
    node: el("div", {}, form, look),
    update() {
      form.hidden = !app.speaks;
      look.hidden = app.room.me.role !== "viewer";
      pin.setAttribute("aria-pressed", String(app.pinning));
      pin.disabled = !app.garment;
      const pieces = [...(app.garment?.pieces.keys() ?? [])];
      if (offered !== pieces.join()) {
        offered = pieces.join();
        where.replaceChildren(
          el("option", { value: "" }, t("whole_garment")), ...pieces.map((piece) => el("option", { value: piece }, spoken(piece))),
        );
      }
      const picked = app.draft !== null && where.value !== app.draft.piece;
      where.value = app.draft?.piece ?? "";
      if (picked) text.focus();
    },
  };
}

function threadView(app: App, { id }: Thread): Shown<Thread> {
  const number = el("button", { type: "button", class: "badge", click: () => {
    if (!app.select(id)) toast(t("piece_gone"));
  } });
  const head = el("p", { class: "by" });
  const text = el("p", { class: "text" });
  const replies = new List<Comment & { waits?: boolean }>(el("ol", { class: "replies" }), (reply) => reply.id, () => {
    const by = el("p", { class: "by" });
    const said = el("p", { class: "text" });
    return { node: el("li", {}, by, said), update: (reply) => {
      by.replaceChildren(...byline(reply));
      said.textContent = reply.text;
    } };
  });
  const written = el("input", { maxlength: 4000, placeholder: t("reply_write"), "aria-label": t("reply_write"), required: true });
  const form = el("form", { class: "row", submit: (event: SubmitEvent) => {
    event.preventDefault();
    const said = written.value.trim();
    if (!said) return;
    written.value = "";
    form.hidden = true;
    app.say("comment", { text: said, reply_to: id }).catch(() => (written.value ||= said));
  } }, written, el("button", { class: "quiet" }, t("send")));
  form.hidden = true;
  const reply = button(t("reply"), () => {
    form.hidden = !form.hidden;
    written.focus();
  }, "link");
  const mark = button("", () => {
    const status = app.review.marks.get(id)?.status === "resolved" ? "open" : "resolved";
    app.say("mark", { comment: id, status }).catch(() => {});
  }, "link");
  const node = el("li", { class: "thread", tabindex: -1 },
    number, el("div", {}, head, text, replies.node, form, el("div", { class: "row verbs" }, reply, mark)));
  return {
    node,
    update(thread) {
      number.textContent = String(thread.number);
      const pinned = thread.piece !== undefined;
      number.disabled = !pinned;
      number.setAttribute("aria-label", pinned ? `${thread.number}: ${t("show_there")}` : String(thread.number));
      const there = thread.piece !== undefined && el("span", { class: "piece" }, spoken(thread.piece));
      head.replaceChildren(...byline(thread), ...(there ? [there] : []));
      text.textContent = thread.text;
      replies.update(thread.replies);
      replies.node.hidden = !thread.replies.length;
      reply.hidden = mark.hidden = !app.speaks || thread.waits;
      if (!app.speaks) form.hidden = true;
      mark.textContent = thread.resolved ? t("reopen") : t("resolve");
      node.classList.toggle("resolved", thread.resolved);
      const selected = app.selected === id;
      if (selected && !node.classList.contains("selected")) node.scrollIntoView({ block: "nearest" });
      node.classList.toggle("selected", selected);
    },
  };
}

const byline = (entry: Comment & { waits?: boolean }): Node[] => [
  el("b", {}, entry.by),
  el("time", {}, entry.waits ? t("to_be_sent") : date(entry.at)),
];

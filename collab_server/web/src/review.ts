// SPDX-License-Identifier: GPL-3.0-or-later
// The room's documents as the page shows them. The review is written by the server; the design by designers, so what it
// holds is looked at before it is believed.
import type * as Y from "yjs";
import { language } from "./words";
import type { Room } from "./room";

interface Entry { id: string; by: string; role: string; at: number }
export interface Anchor { piece: string; uv: [number, number] } // metres: see Garment
export interface Comment extends Entry, Partial<Anchor> { text: string; reply_to?: string }
export interface Mark extends Entry { status: "open" | "resolved" }
export interface Choice extends Entry { what: "fabric" | "colour" | "size"; part: string; value: string }
export interface Proposal extends Entry { parameter: string; value: number; text: string }
export interface Decision extends Entry { accepted: boolean }
export interface Approval extends Entry { version: string; signature: string }
export interface Version extends Entry {
  key: string; glb: string; label: string; sizes?: Record<string, string>; parameters?: Record<string, unknown>;
}

export interface Review {
  comments: Comment[];
  marks: Map<string, Mark>;
  choices: Map<string, Choice>;
  proposals: Proposal[];
  decisions: Map<string, Decision>;
  versions: Version[]; // the oldest first
  approvals: Approval[];
  events: { at: number; verb: "comment" | "propose" | "decide" | "publish" | "approve"; by: string }[];
}

export interface Parameter { name: string; label: string; value: number; low: number; high: number; unit: string }
export interface Colourway { name: string; parts: Record<string, string> }
export interface Offer {
  title: string; sizes: string[]; colourways: Colourway[]; fabrics: string[]; parameters: Parameter[];
}

/** What was said up to a moment, seconds since 1970. */
export function reviewOf(room: Room, until: number): Review {
  const said = <T extends Entry>(root: string): [string, T][] =>
    [...(room.review.getMap(root) as Y.Map<T>).entries()]
      .filter(([, entry]) => entry.at <= until)
      .sort(([, a], [, b]) => a.at - b.at);
  const listed = <T extends Entry>(root: string): T[] => said<T>(root).map(([, entry]) => entry);
  const review = {
    comments: listed<Comment>("comments"),
    marks: new Map(said<Mark>("marks")),
    choices: new Map(said<Choice>("choices")),
    proposals: listed<Proposal>("proposals"),
    decisions: new Map(said<Decision>("decisions")),
    versions: said<Version>("versions").map(([key, entry]) => ({ ...entry, key })),
    approvals: listed<Approval>("approvals"),
  };
  const told = (verb: Review["events"][number]["verb"], entries: Iterable<Entry>) =>
    [...entries].map(({ at, by }) => ({ at, by, verb }));
  const events = [
    ...told("comment", review.comments), ...told("propose", review.proposals),
    ...told("decide", review.decisions.values()), ...told("publish", review.versions),
    ...told("approve", review.approvals),
  ].sort((a, b) => a.at - b.at);
  return { ...review, events };
}

const HEX = /^#[0-9a-f]{6}$/;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** The designer's own colours, #rrggbb by part. */
export function coloursOf(room: Room): Map<string, string> {
  const all = [...(room.design.getMap("colours") as Y.Map<unknown>).entries()];
  return new Map(all.filter((entry): entry is [string, string] => typeof entry[1] === "string" && HEX.test(entry[1])));
}

/** What the designer offers: entries `size/M`, `colour/Sand`, `fabric/Linen`, `parameter/hem` of the design's `offer`. */
export function offerOf(room: Room): Offer {
  const all = [...(room.design.getMap("offer") as Y.Map<unknown>).entries()];
  const of = (kind: string) =>
    all.filter(([key]) => key.startsWith(kind)).map(([key, value]) => [key.slice(kind.length), value] as const);
  const title = room.design.getMap("offer").get("title");
  const values = room.design.getMap("parameters");
  return {
    title: typeof title === "string" ? title : "",
    sizes: of("size/").filter(([, order]) => Number.isFinite(order))
      .sort(([, a], [, b]) => (a as number) - (b as number)).map(([name]) => name),
    fabrics: of("fabric/").map(([name]) => name).sort(),
    colourways: of("colour/").flatMap(([name, parts]) => {
      const good = isRecord(parts) && Object.values(parts).every((hex) => typeof hex === "string" && HEX.test(hex));
      return good ? [{ name, parts: parts as Record<string, string> }] : [];
    }).sort((a, b) => a.name.localeCompare(b.name)),
    parameters: of("parameter/").flatMap(([name, told]) => {
      const value = values.get(name);
      if (!isRecord(told) || !Number.isFinite(value)) return [];
      const { label, zh, low, high, unit } = told;
      if (!Number.isFinite(low) || !Number.isFinite(high)) return [];
      const words = language === "zh" && typeof zh === "string" ? zh : typeof label === "string" ? label : name;
      return [{
        name, label: words, unit: typeof unit === "string" ? unit : "",
        value: value as number, low: low as number, high: high as number,
      }];
    }).sort((a, b) => a.label.localeCompare(b.label)),
  };
}

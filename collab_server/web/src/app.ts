// SPDX-License-Identifier: GPL-3.0-or-later
// What is shown and what is chosen, between the room and the page. Panels read it on `refresh` and call its verbs.
import type { FitMap, Scale } from "./fit";
import { Drag } from "./frames";
import { Garment } from "./garment";
import { type Anchor, coloursOf, type Offer, offerOf, type Review, reviewOf, type Version } from "./review";
import { type Camera, ContentChanged, type Guest, type Room } from "./room";
import type { Comparison, Studio } from "./studio";
import { t } from "./words";

const KEPT = 6; // garments in memory
const SOON = 30; // ms in which what changes together is shown together
const GARMENT = "garment"; // the part whose size is chosen

export class App extends EventTarget {
  review: Review;
  offer: Offer;
  until = Infinity; // the moment replayed, seconds since 1970
  shown: Version | null = null;
  other: Version | null = null; // compared with it
  map: FitMap | null = null;
  scale: Scale | null = null;
  draft: Anchor | null = null; // where the comment being written belongs
  pinning = false;
  selected = ""; // a comment
  following = 0; // a client
  progress: number | null = null;
  failure = "";
  private byHand = ""; // the version asked for; empty: the newest
  private wanted = "";
  private worn = "";
  private asked = 0;
  private drag: Drag | null = null;
  private readonly garments = new Map<string, Promise<Garment>>();

  constructor(readonly room: Room, readonly studio: Studio | null) {
    super();
    this.review = reviewOf(room, this.until);
    this.offer = offerOf(room);
    room.addEventListener("change", () => this.refresh());
    room.addEventListener("health", () => this.refresh());
    room.onframe = (frame) => this.dragged(frame);
    studio?.addEventListener("move", () => this.follow(0));
  }

  get garment(): Garment | null {
    return this.studio?.garment ?? null;
  }

  /** The SHA-256 of the GLB that is shown. */
  get glbShown(): string {
    return this.shown ? this.glbOf(this.shown) : "";
  }

  /** Whether one may say anything, or only look. */
  get speaks(): boolean {
    return this.until === Infinity && this.room.me.role !== "viewer";
  }

  get leads(): boolean {
    return this.until === Infinity && this.room.me.role === "designer";
  }

  choice(what: string, part: string): { value: string; by: string } | undefined {
    const waiting = this.room.waiting.findLast((c) => c.do === "choose" && c["what"] === what && c["part"] === part);
    return waiting ? { value: String(waiting["value"]), by: this.room.me.name } : this.review.choices.get(`${what}/${part}`);
  }

  get size(): { value: string; by: string } | undefined {
    return this.choice("size", GARMENT);
  }

  choose(what: "fabric" | "colour" | "size", part: string, value: string): void {
    this.say("choose", { what, part: what === "size" ? GARMENT : part, value }).catch(() => {});
  }

  /** Rejects with the server's words where it refuses; those are shown to the person already. */
  say(verb: string, what: Record<string, unknown>): Promise<void> {
    return this.room.say(verb, what);
  }

  /** A proposal's value goes into the design, and the decision into the review. */
  decide(id: string, accepted: boolean): void {
    const proposal = this.review.proposals.find((each) => each.id === id);
    if (!proposal) return;
    if (accepted) this.room.design.getMap("parameters").set(proposal.parameter, proposal.value);
    this.say("decide", { proposal: id, accepted }).catch(() => {});
  }

  show(version: Version): void {
    this.byHand = version.key === this.review.versions.at(-1)?.key ? "" : version.key;
    if (this.other?.key === version.key) this.compare(null);
    this.refresh();
  }

  compare(version: Version | null, how: Comparison = "wipe"): void {
    this.other = version;
    if (this.studio) this.studio.comparison = version ? how : "none";
    if (version && how === "side") this.studio?.whole();
    this.pinning = false;
    this.wanted = ""; // both are put on anew
    this.refresh();
  }

  fit(map: FitMap | null): void {
    this.map = map;
    this.refresh();
  }

  replay(until: number): void {
    this.until = until;
    this.byHand = "";
    this.refresh();
  }

  pin(on: boolean): void {
    this.pinning = on;
    this.refresh();
  }

  place(anchor: Anchor | null): void {
    this.draft = anchor;
    this.pinning = false;
    this.refresh();
  }

  /** Bring a comment into view; false where its piece is not in this version. */
  select(id: string): boolean {
    this.selected = id;
    this.follow(0);
    const { piece, uv } = this.review.comments.find((each) => each.id === id) ?? {};
    const found = piece === undefined || uv === undefined || this.studio?.goTo({ piece, uv }) === true;
    this.refresh();
    return found;
  }

  follow(client: number): void {
    if (this.following === client) return;
    this.following = client;
    this.refresh();
  }

  get leader(): Guest | undefined {
    return this.room.guests.find(({ client }) => client === this.following);
  }

  retry(): void {
    this.wanted = "";
    this.refresh();
  }

  /** Look at everything anew, soon and once. */
  refresh(): void {
    this.asked ||= window.setTimeout(() => {
      this.asked = 0;
      this.review = reviewOf(this.room, this.until);
      this.offer = offerOf(this.room);
      const { versions } = this.review;
      this.shown = versions.find(({ key }) => key === this.byHand) ?? versions.at(-1) ?? null;
      if (this.other && !versions.some(({ key }) => key === this.other?.key)) this.compare(null);
      if (this.studio) void this.dress(this.studio);
      const camera: Camera | undefined = this.leader?.camera;
      if (camera) this.studio?.look(camera);
      this.dispatchEvent(new Event("refresh"));
    }, SOON);
  }

  private async dress(studio: Studio): Promise<void> {
    const moving = this.until === Infinity && !this.other ? this.room.guests.find(({ base }) => base)?.base : undefined;
    const glbs = [moving ?? this.glbShown, this.other ? this.glbOf(this.other) : ""];
    const wanted = glbs.join();
    if (wanted !== this.wanted) {
      this.wanted = wanted;
      this.failure = "";
      this.progress = glbs.some((glb) => glb && !this.garments.has(glb)) ? 0 : null;
      try {
        const [garment = null, other = null] = await Promise.all(glbs.map((glb) => glb ? this.load(glb) : null));
        if (wanted !== this.wanted) return;
        if (moving && garment && studio.garment) garment.standBeside(studio.garment);
        this.drag = garment && new Drag(garment);
        studio.show(garment, other);
      } catch (error) {
        if (wanted !== this.wanted) return;
        glbs.forEach((glb) => glb && this.garments.delete(glb));
        this.failure = error instanceof ContentChanged ? t("changed_file") : `${t("failed")} ${(error as Error).message}`;
      }
      this.progress = null;
      this.refresh();
    }
    const fabric = this.choice("fabric", "main")?.value ?? null;
    const colours = coloursOf(this.room);
    for (const { what, part, value } of this.review.choices.values()) if (what === "colour") colours.set(part, value);
    const worn = JSON.stringify([wanted, fabric, [...colours], this.map]);
    if (worn === this.worn || this.progress !== null) return;
    this.worn = worn;
    this.scale = studio.dress({ variant: fabric, colours, map: this.map });
    this.refresh();
  }

  private glbOf({ glb, sizes }: Version): string {
    return (this.size && sizes?.[this.size.value]) || glb;
  }

  private load(glb: string): Promise<Garment> {
    const known = this.garments.get(glb);
    if (known) return known;
    for (const old of [...this.garments.keys()].slice(0, Math.max(this.garments.size - KEPT + 1, 0))) {
      this.garments.delete(old);
    }
    const loaded = this.room.asset(glb, (share) => {
      this.progress = share;
      this.dispatchEvent(new Event("progress"));
    }).then((bytes) => Garment.of(bytes));
    this.garments.set(glb, loaded);
    return loaded;
  }

  private dragged(frame: Uint8Array): void {
    if (this.until === Infinity && this.drag?.move(frame)) {
      this.garments.delete(this.wanted.split(",")[0]!); // it no longer hangs as published
      this.studio?.draw();
    }
  }
}

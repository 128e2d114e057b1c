// SPDX-License-Identifier: GPL-3.0-or-later
// A room over the wire: its two documents, who is here, and the commands, which wait where the network does not carry
// them. The words of the wire stand in docs/guide/review.md and at the head of collab_server/review.py.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { toHexString } from "lib0/buffer";
import { digest } from "lib0/hash/sha256";
import { applyAwarenessUpdate } from "y-protocols/awareness";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const AWARENESS = 1, FRAME = 16, COMMAND = 17, REPLY = 18;
const SUBPROTOCOL = "toile.1";
const GRACE = 1_500; // ms without a connection before it is said

export interface Link { room: string; token: string }
export interface Camera { at: [number, number, number]; to: [number, number, number] } // metres, Z up
export interface Guest {
  client: number; name: string; role: string; me: boolean; camera?: Camera; holds?: string;
  base?: string; // while a designer moves the cloth: the GLB that the drag frames stand on
}
export interface Command { id: string; do: string; [name: string]: unknown }
export type Health = "connecting" | "live" | "offline" | "refused";

/** The room and the token of #ROOM/TOKEN; null where the address holds none. */
export function linkOf(hash: string): Link | null {
  const found = /^#([a-z0-9][a-z0-9-]{0,62})\/([\w.-]{1,1000})$/.exec(hash);
  return found ? { room: found[1]!, token: found[2]! } : null;
}

export const sha256 = (bytes: Uint8Array): string => toHexString(digest(bytes));

/** Tells `change` (documents, presence, what waits), `health`, `sent`, `refused`; drag frames go to `onframe`. */
export class Room extends EventTarget {
  readonly design = new Y.Doc();
  readonly review = new Y.Doc();
  health: Health = "connecting";
  reason = "";
  me = { name: "", role: "" }; // as the server stamped it
  onframe: (frame: Uint8Array) => void = () => {};
  readonly waiting: Command[] = [];
  private readonly kept: string;
  private readonly answers = new Map<string, { done(): void; refused(why: Error): void }>();
  private readonly providers: WebsocketProvider[];
  private assets: Promise<string> | null = null;
  private asking = false;
  private silence = 0;

  constructor(readonly link: Link) {
    super();
    this.kept = `toile/waiting/${link.room}/${sha256(new TextEncoder().encode(link.token)).slice(0, 16)}`;
    this.waiting.push(...(JSON.parse(localStorage.getItem(this.kept) ?? "[]") as Command[]));
    const [design, review] = this.providers = [this.dial("design", this.design), this.dial("review", this.review)];
    design!.messageHandlers[FRAME] = (_, decoder) => this.onframe(decoding.readVarUint8Array(decoder));
    review!.messageHandlers[REPLY] = (_, decoder) => this.answered(JSON.parse(decoding.readVarString(decoder)));
    review!.on("sync", (synced: boolean) => synced && this.waiting.forEach((command) => this.send(command)));
    design!.messageHandlers[AWARENESS] = (_, decoder) => this.met(decoding.readVarUint8Array(decoder));
    design!.awareness.setLocalState({ tool: "page" });
    design!.awareness.on("change", () => this.tell("change"));
    addEventListener("online", () => this.providers.forEach((provider) => provider.connect()));
    addEventListener("offline", () => this.listen());
  }

  /** Everyone here as the server stamped them; oneself first. */
  get guests(): Guest[] {
    const { awareness, doc } = this.providers[0]!;
    return [...awareness.getStates()].flatMap(([client, state]) => {
      const invited = client === doc.clientID ? this.me : invitedIn(state);
      if (!invited?.role) return [];
      const holds = typeof state["holds"] === "string" ? { holds: state["holds"] } : {};
      const camera = isCamera(state["camera"]) ? { camera: state["camera"] } : {};
      const moves = invited.role === "designer" && /^[0-9a-f]{64}$/.test(String(state["base"]));
      const base = moves ? { base: String(state["base"]) } : {};
      return [{ client, ...invited, me: client === doc.clientID, ...holds, ...camera, ...base }];
    }).sort((a, b) => Number(b.me) - Number(a.me) || a.client - b.client);
  }

  /** Where one looks from, for those who look along. */
  lookFrom(camera: Camera): void {
    this.providers[0]!.awareness.setLocalStateField("camera", camera);
  }

  /** Say something to the review. It waits, through reloads too, until the server has taken or refused it. */
  say(verb: string, what: Record<string, unknown> = {}): Promise<void> {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
    const command = { ...what, id, do: verb };
    this.waiting.push(command);
    this.keep();
    this.send(command);
    return new Promise((done, refused) => this.answers.set(id, { done, refused }));
  }

  /** An asset of the room by its SHA-256. Rejects with the server's words, or where the bytes are not those. */
  async asset(hash: string, progress: (share: number) => void): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.ask(hash);
    if (!response.ok || !response.body) throw new Error((await response.text()).trim());
    const bytes = new Uint8Array(Number(response.headers.get("Content-Length")));
    let at = 0;
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes.set(value, at);
      progress((at += value.length) / bytes.length);
    }
    if (sha256(bytes) !== hash) throw new ContentChanged();
    return bytes;
  }

  private dial(document: string, doc: Y.Doc): WebsocketProvider {
    const server = `${location.protocol.replace("http", "ws")}//${location.host}/live`;
    const provider = new WebsocketProvider(server, `${this.link.room}/${document}`, doc, {
      protocols: [SUBPROTOCOL, `invite.${this.link.token}`],
      disableBc: true,
      maxBackoffTime: 10_000,
    });
    doc.on("update", () => this.tell("change"));
    provider.on("sync", () => this.listen());
    provider.on("status", () => this.listen());
    provider.on("connection-close", () => void this.whyClosed());
    return provider;
  }

  private listen(): void {
    if (this.health === "refused") return;
    if (navigator.onLine && this.providers.every((provider) => provider.wsconnected && provider.synced)) {
      clearTimeout(this.silence);
      this.silence = 0;
      this.set("live");
    } else if (!this.silence) {
      this.silence = window.setTimeout(() => this.set("offline"), GRACE);
    }
  }

  private set(health: Health, reason = ""): void {
    if (this.health === health) return;
    this.health = health;
    this.reason = reason;
    this.tell("health");
  }

  /** A browser is not told why a WebSocket was refused; the assets' door says it in words. */
  private async whyClosed(): Promise<void> {
    this.listen();
    if (this.asking) return;
    this.asking = true;
    try {
      const response = await this.ask("0".repeat(64));
      if (response.status === 403) {
        this.providers.forEach((provider) => provider.disconnect());
        clearTimeout(this.silence);
        this.set("refused", (await response.text()).trim());
      }
    } catch {
      this.assets = null; // the network does not carry; a server that comes back may have another port
    } finally {
      this.asking = false;
    }
  }

  private async ask(hash: string): Promise<Response> {
    this.assets ??= fetch("config.json").then(async (response) => {
      const { assets_port: port } = (await response.json()) as { assets_port: number | null };
      return port === null ? location.origin : `${location.protocol}//${location.hostname}:${port}`;
    });
    const address = `${await this.assets}/assets/${this.link.room}/${hash}`;
    return fetch(address, { headers: { Authorization: `Bearer ${this.link.token}` } });
  }

  private send(command: Command): void {
    const { ws, synced } = this.providers[1]!;
    if (!synced || ws?.readyState !== WebSocket.OPEN) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, COMMAND);
    encoding.writeVarString(encoder, JSON.stringify(command));
    ws.send(encoding.toUint8Array(encoder));
  }

  /** Presence came. Of oneself it says who one is, and Yjs passes that over: one's own state is older news to it. */
  private met(update: Uint8Array): void {
    const { awareness, doc } = this.providers[0]!;
    applyAwarenessUpdate(awareness, update, this.providers[0]);
    const decoder = decoding.createDecoder(update);
    for (let left = decoding.readVarUint(decoder); left > 0; left--) {
      const client = decoding.readVarUint(decoder);
      decoding.readVarUint(decoder);
      const invited = invitedIn(JSON.parse(decoding.readVarString(decoder)));
      if (client === doc.clientID && invited) this.me = invited;
    }
    this.tell("change");
  }

  private answered(reply: { id: string; done: boolean; refused?: string }): void {
    const at = this.waiting.findIndex((command) => command.id === reply.id);
    if (at < 0) return;
    this.waiting.splice(at, 1);
    this.keep();
    const answer = this.answers.get(reply.id);
    this.answers.delete(reply.id);
    if (reply.done) {
      answer?.done();
      this.tell("sent");
    } else {
      answer?.refused(new Error(reply.refused));
      this.dispatchEvent(new CustomEvent("refused", { detail: reply.refused }));
    }
  }

  private keep(): void {
    localStorage.setItem(this.kept, JSON.stringify(this.waiting));
    this.tell("change");
  }

  private tell(event: string): void {
    this.dispatchEvent(new Event(event));
  }
}

/** What came is not what was published. */
export class ContentChanged extends Error {}

function invitedIn(state: unknown): { name: string; role: string } | null {
  const { name, role } = ((state as { invited?: unknown } | null)?.invited ?? {}) as { name?: unknown; role?: unknown };
  return typeof name === "string" && typeof role === "string" ? { name, role } : null;
}

function isCamera(value: unknown): value is Camera {
  const { at, to } = (value ?? {}) as { at?: unknown; to?: unknown };
  return [at, to].every((v) => Array.isArray(v) && v.length === 3 && v.every(Number.isFinite));
}
